-- Pauses a queue, in place of a pause that is in force, which has its beginning.
--
-- ARGV
--   now       ms, "" for the server's TIME
--   channels  prefix of all channels
--   queue     escaped
--   by        escaped
--   reason    escaped, "+" for none
--   for       ms, "+" until it is resumed
-- Returns: the pause (lib/pause.lua)
-- Uses: clock, version, pause
local before = call("HGET", key_qconf, arg_queue)
local since = is_in_force(before) and match(before, PAUSE) or now_text
local ends = arg_for == "+" and "+" or int(now + arg_for)
local pause = since .. " " .. ends .. " " .. arg_by .. " " .. arg_reason
call("HSET", key_qconf, arg_queue, pause)
-- Who sleeps is to know until when; who has prefetched from it gives that back.
call("PUBLISH", arg_channels .. "wake:" .. arg_queue, "")
call("PUBLISH", arg_channels .. "ch:pause", "%" .. arg_queue)
return pause
