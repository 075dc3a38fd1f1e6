-- Reads calendars by name.
--
-- ARGV
--   now       ms, "" for the server's TIME
--   rest...   names, escaped
-- Returns: per name its head (calendar-put) and its data, both "" where there is none
-- Flags: no-writes
-- Uses: clock
local found = {}
for index = rest, #ARGV do
  local data = call("HGET", key_calendardata, ARGV[index])
  found[#found + 1] = data and call("HGET", key_calendar, ARGV[index]) or ""
  found[#found + 1] = data or ""
end
return found
