-- Reads entries by name.
--
-- KEYS
--   runs      zset   unfinished runs of entries
--   hold      hash   entry -> the run it holds
--   entry     hash   name -> definition record
--   estate    hash   name -> what changes of an entry
-- ARGV
--   rest...   names, escaped
-- Returns: per name: { name, definition record, state, unfinished runs, 1 when a run is held }; { name } when there is none
-- Flags: no-writes
-- Uses: clock, snapshots
local names = {}
for index = rest, #ARGV do names[#names + 1] = ARGV[index] end
return snapshots(names)
