-- Reads slots, and the names there are.
--
-- ARGV
--   now       ms, "" for the server's TIME
--   rest...   fields, as of stats-add.lua
-- Returns: { now; { per name: kind and name, its newest slot }; { per field: "<instant> <text>", "" for nothing } }
-- Flags: no-writes
-- Uses: clock
local found = {}
for index = rest, #ARGV do found[#found + 1] = call("HGET", key_stats, ARGV[index]) or "" end
return { now_text, call("HGETALL", key_statname), found }
