-- The limits of all tasks that have one.
--
-- ARGV
-- Returns: task (escaped) and limit (lib/records.lua) of each, one after another
-- Flags: no-writes
return redis.call("HGETALL", key_limits)
