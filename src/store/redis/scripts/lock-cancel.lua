-- Takes a process out of the line; a permit granted to it meanwhile is given back.
--
-- KEYS
--   seq       string last number given to a message, an entry or a dead letter
--   state     hash   id -> what has changed since
--   ready     zset   lines of ready messages, in order of text
--   eta       zset   line of a scheduled message -> eta (ms)
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
--   lock      escaped
--   waiter    escaped
-- Returns: 1 when it was there, else 0
-- Flags: allow-oom
-- Uses: clock, numbers, later, results, permits, messages, line
lock_line().capacity_of(arg_lock)
local c = permits().process_contender(arg_lock, arg_waiter)
if c and c.standing == "h" then
  permits().end_permit(c, "r")
  if c.till <= now then c = nil end
elseif c then
  permits().leave_line(c)
end
pass_on()
finish()
return c and 1 or 0
