-- Reads entries by name, the first ones of those that were asked for: as many as one call may give.
--
-- ARGV
--   now       ms, "" for the server's TIME
--   rest...   names, escaped
-- Returns: per name that was looked at: { name, definition record, state, unfinished runs, 1 when a run is buffered, when one succeeded
--   last, "" for never, the name that it had before, "" for none }; { name } when there is none
-- Flags: no-writes
-- Uses: clock, version, records, ends, snapshots
local names = {}
for index = rest, #ARGV do names[#names + 1] = ARGV[index] end
return snapshots(names)
