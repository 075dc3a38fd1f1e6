-- Writes a calendar over the etag that was read: in key_calendar "<etag> <at> <owner> <version> <digest>", in key_calendardata its data.
--
-- ARGV
--   now       ms, "" for the server's TIME
--   channels  prefix of all channels
--   name      escaped
--   expect    the etag that was read, + for none
--   head      owner, version and digest, escaped
--   data      text
-- Returns: a code of `put` or of `calendar`
-- Uses: clock, version, numbers
local before = call("HGET", key_calendar, arg_name)
if (before and match(before, "^%d+") or "+") ~= arg_expect then return PUT_CONFLICT end
if not before and call("HLEN", key_calendar) >= 1000 then return CALENDAR_FULL end
call("HSET", key_calendar, arg_name, int(next_number()) .. " " .. now_text .. " " .. arg_head)
call("HSET", key_calendardata, arg_name, arg_data)
call("PUBLISH", arg_channels .. "ch:calendars", "%" .. arg_name)
return PUT_STORED
