-- Extends leases.
--
-- KEYS
--   state     hash   id -> what has changed since
--   lease     zset   line of a leased message -> end of its lease (ms)
--   perm      zset   permits of locks, by their ends
--   line      zset   lines of locks, by turn
--   alive     zset   processes in line, by when they are no longer alive
--   tlock     hash   id of a message with a lock -> its standing
--   plock     hash   lock and waiter -> the standing of a process
--   fence     string last fence given
--   locklog   stream history of locks
-- ARGV
--   now       ms, "" for the server's TIME
--   channels  prefix of all channels
--   lease     ms from now
--   rest...   per delivery: id, token
-- Returns: one text with a letter per delivery: e extended, l lost, r extended and to be stopped,
--   u extended, and without the permit of its lock, c extended and not to begin
-- Flags: allow-oom
-- Uses: clock, numbers, later, results, permits, messages
local ids = {}
for index = rest, #ARGV, 2 do ids[#ids + 1] = ARGV[index] end
local states = fields(key_state, ids)
local outcomes = {}
remember_task_contenders(ids)
local lease_end = now + tonumber(arg_lease)
for index, id in ipairs(ids) do
  local m = read_message(id, nil, states[id])
  if not m or m.place ~= "h" or m.token ~= ARGV[rest + index * 2 - 1] then
    outcomes[index] = "l"
  else
    write_later("ZADD", key_lease, int(lease_end), line_of(m))
    local c = task_contender(id)
    local has_permit = c and c.standing == "h"
    if has_permit then
      permits().set_till(c, lease_end)
      permits().save_contender(c)
    end
    outcomes[index] = m.revoked == 2 and "r" or c and not has_permit and "u" or m.revoked == 1 and "c" or "e"
  end
end
flush()
return table.concat(outcomes)
