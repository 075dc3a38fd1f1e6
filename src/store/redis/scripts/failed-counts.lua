-- Counts messages of failed tasks.
--
-- ARGV
-- Returns: { "count " or "bytes " and queue, number, ... } (lib/failed.lua)
-- Flags: no-writes
return redis.call("HGETALL", key_failedsize)
