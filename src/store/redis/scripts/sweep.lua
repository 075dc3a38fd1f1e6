-- Drops results and revocations whose time is over, and ended permits.
--
-- KEYS
--   seq       string last number given to a message, an entry or a dead letter
--   state     hash   id -> what has changed since
--   ready     zset   lines of ready messages, in order of text
--   eta       zset   line of a delayed message -> eta (ms)
--   parked    zset   line of a parked message -> when it has waited too long (ms, inf never)
--   count     hash   kind and queue -> number of messages
--   res       hash   id -> result
--   resx      zset   id -> when its result ends (ms)
--   rev       zset   revoked unknown id -> remembered until (ms)
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
--   limit     how many at most
-- Returns: the number dropped
-- Flags: allow-oom
-- Uses: clock, numbers, later, results, permits, messages, line
local line = lock_line()
local limit = tonumber(arg_limit)
local ids = call("ZRANGEBYSCORE", key_resx, "-inf", now_text, "LIMIT", 0, limit)
many("HDEL", key_res, ids)
many("ZREM", key_resx, ids)
local dropped = #ids
local revoked = call("ZRANGEBYSCORE", key_rev, "-inf", now_text, "LIMIT", 0, limit - dropped)
many("ZREM", key_rev, revoked)
dropped = dropped + #revoked
for _, wakes in ipairs({ key_lockend, key_lockwake }) do
  for _, lock in ipairs(call("ZRANGEBYSCORE", wakes, "-inf", now_text, "LIMIT", 0, math.max(0, limit - dropped))) do
    local _, ended = line.hand_over(lock)
    dropped = dropped + ended
  end
end
pass_on()
finish()
return dropped
