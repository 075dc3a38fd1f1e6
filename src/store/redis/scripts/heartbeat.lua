-- Extends leases.
--
-- KEYS
--   seq       string last number given to a message, an entry or a dead letter
--   msg       hash   id -> record as sent
--   state     hash   id -> what has changed since
--   ready     zset   lines of ready messages, in order of text
--   eta       zset   line of a delayed message -> eta (ms)
--   lease     zset   line of a held message -> end of its lease (ms)
--   count     hash   kind and queue -> number of messages
--   res       hash   id -> result
--   resx      zset   id -> when its result ends (ms)
--   dead      zset   queue and id of a dead letter -> order of dying
--   why       hash   id of a dead letter -> when and why
--   runs      zset   unfinished runs of entries
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
