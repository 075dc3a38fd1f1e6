-- Deletes a calendar.
--
-- ARGV
--   now       ms, "" for the server's TIME
--   channels  prefix of all channels
--   name      escaped
--   expect    the etag that was read
-- Returns: a code of `removal`
-- Flags: allow-oom
-- Uses: clock
local head = call("HGET", key_calendar, arg_name)
if not head then return REMOVAL_GONE end
if match(head, "^%d+") ~= arg_expect then return REMOVAL_CONFLICT end
call("HDEL", key_calendar, arg_name)
call("HDEL", key_calendardata, arg_name)
call("PUBLISH", arg_channels .. "ch:calendars", "%" .. arg_name)
return REMOVAL_REMOVED
