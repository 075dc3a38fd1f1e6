-- Reads the sources that were added to the group of a list, in chunks.
--
-- ARGV
--   now       ms, "" for the server's TIME
--   id        of the graph
--   list      its key
--   chunk     where to go on, 0 for the beginning
-- Returns: a source a line, "" when there are no more
-- Flags: no-writes
-- Uses: clock, version, records, graph-records
local graph = graph_records().graph_at(arg_id)
if not graph_records().is_known(graph) then return "" end
return call("HGET", key_list, arg_id .. "#" .. arg_list .. "+" .. arg_chunk) or ""
