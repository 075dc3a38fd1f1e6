-- Extends leases.
--
-- KEYS
--   state     hash   id -> what has changed since
--   lease     zset   line of a held message -> end of its lease (ms)
-- ARGV
--   now       ms, "" for the server's TIME
--   channels  prefix of all channels
--   lease     ms from now
--   rest...   per delivery: id, token
-- Returns: one text with a letter per delivery: e extended, l lost, r extended and to be stopped
-- Flags: allow-oom
-- Uses: clock, numbers, later, results, messages
local ids = {}
for index = rest, #ARGV, 2 do ids[#ids + 1] = ARGV[index] end
local states = fields(key_state, ids)
local outcomes = {}
local lease_end = int(now + tonumber(arg_lease))
for index, id in ipairs(ids) do
  local m = read_message(id, nil, states[id])
  if not m or m.place ~= "h" or m.token ~= ARGV[rest + index * 2 - 1] then
    outcomes[index] = "l"
  else
    write_later("ZADD", key_lease, lease_end, line_of(m))
    outcomes[index] = m.revoked == 2 and "r" or "e"
  end
end
flush()
return table.concat(outcomes)
