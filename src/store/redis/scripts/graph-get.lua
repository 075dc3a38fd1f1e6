-- Reads graphs.
--
-- ARGV
--   now       ms, "" for the server's TIME
--   rest...   ids
-- Returns: per id its record (lib/graph-records.lua), "" for none, and of one whose output is a join the value of that
-- Flags: no-writes
-- Uses: clock, version, records, graph-records
local reply = {}
for index = rest, #ARGV do told_graph(ARGV[index], reply) end
return reply
