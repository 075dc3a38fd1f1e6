-- Reads the clock.
--
-- ARGV
--   now       ms, "" for the server's TIME
-- Returns: now
-- Flags: no-writes
-- Uses: clock, version, records
return now_text
