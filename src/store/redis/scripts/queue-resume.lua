-- Ends the pause of a queue.
--
-- ARGV
--   now       ms, "" for the server's TIME
--   channels  prefix of all channels
--   queue     escaped
-- Returns: 1 when it was paused, else 0
-- Flags: allow-oom
-- Uses: clock, version, pause
local before = call("HGET", key_qconf, arg_queue)
if not before then return 0 end
call("HDEL", key_qconf, arg_queue)
if not is_in_force(before) then return 0 end
call("PUBLISH", arg_channels .. "wake:" .. arg_queue, "")
return 1
