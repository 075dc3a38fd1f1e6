-- Drops messages of failed tasks.
--
-- ARGV
--   now       ms, "" for the server's TIME
--   rest...   ids
-- Returns: per id 1 where it was there, else 0
-- Flags: allow-oom
-- Uses: clock, failed
local found = {}
for index = rest, #ARGV do found[#found + 1] = drop_failed(ARGV[index]) and 1 or 0 end
return found
