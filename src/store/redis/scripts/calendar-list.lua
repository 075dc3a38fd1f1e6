-- Reads the heads of all calendars (calendar-put).
--
-- ARGV
--   now       ms, "" for the server's TIME
-- Returns: { name, head, ... }, names escaped
-- Flags: no-writes
-- Uses: clock
return call("HGETALL", key_calendar)
