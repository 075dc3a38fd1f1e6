-- Gives deliveries back unstarted: to the front of their queue, the delivery not counted.
--
-- KEYS
--   seq       string last number given to a message, an entry or a dead letter
--   state     hash   id -> what has changed since
--   ready     zset   lines of ready messages, in order of text
--   eta       zset   line of a scheduled message -> eta (ms)
--   lease     zset   line of a leased message -> end of its lease (ms)
--   parked    zset   line of a blocked message -> when it has waited too long (ms, inf never)
--   count     hash   kind and queue -> number of messages
--   lock      hash   lock -> capacity
--   perm      zset   permits of locks, by their ends
--   line      zset   lines of locks, by turn
--   alive     zset   processes in line, by when they are no longer alive
--   tlock     hash   id of a message with a lock -> its standing
--   plock     hash   lock and waiter -> the standing of a process
--   lockwake  zset   lock with a line -> when its next permit ends (ms)
--   lockend   zset   lock without a line -> when its next permit ends (ms)
--   fence     string last fence given
--   locklog   stream history of locks
-- ARGV
--   now       ms, "" for the server's TIME
--   channels  prefix of all channels
--   rest...   per delivery: id, token
-- Returns: one text with a letter per delivery: s given back, l lost
-- Flags: allow-oom
-- Uses: clock, numbers, later, results, permits, messages, line
local outcomes = {}
for index = rest, #ARGV, 2 do
  local m = read_message(ARGV[index], nil, call("HGET", key_state, ARGV[index]))
  if not m or m.place ~= "h" or m.token ~= ARGV[index + 1] then
    outcomes[#outcomes + 1] = "l"
  else
    m.deliveries = m.deliveries - 1
    if any_task_locks() then permits().reserve_permit(m.id) end
    put_back(m)
    wake(m.queue)
    outcomes[#outcomes + 1] = "s"
  end
end
pass_on()
finish()
return table.concat(outcomes)
