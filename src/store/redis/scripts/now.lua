-- Reads the clock.
--
-- ARGV
--   now       ms, "" for the server's TIME
-- Returns: now
-- Flags: no-writes
-- Uses: clock, records
return now_text
