-- Extends a permit.
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
--   token     of the permit
--   lease     ms from now
-- Returns: 1, or 0 when it has ended
-- Flags: allow-oom
-- Uses: clock, numbers, later, results, permits, messages, line
local line = lock_line()
local c = line.holder_of(arg_lock, arg_token)
if c then
  permits().set_till(c, now + tonumber(arg_lease))
  permits().save_contender(c)
end
pass_on()
finish()
return c and 1 or 0
