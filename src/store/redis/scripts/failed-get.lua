-- Reads one message of a failed task.
--
-- ARGV
--   id
-- Returns: what is kept of it (lib/failed.lua), "" for nothing
-- Flags: no-writes
local call = redis.call
return call("HGET", key_failed, arg_id) or ""
