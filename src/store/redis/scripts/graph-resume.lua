-- Begins anew, in portions, what has not succeeded of a graph that has failed.
--
-- ARGV
--   now       ms, "" for the server's TIME
--   channels  prefix of all channels
--   id        of the graph
-- Returns: a code of `resumed`
-- Flags: allow-oom
-- Uses: clock, version, records, numbers, later, graph-records, results, permits, messages, waiters, ledger, entries, send, ends, runs, graph, release
local graph = graph_records().graph_at(arg_id)
if not graph_records().is_known(graph) then return RESUMED_UNKNOWN end
if graph.state ~= GRAPH_FAILED then return RESUMED_REFUSED end
graphs().resume_graph(graph)
follow_up()
leave_graph_changes()
save_entry_states()
finish()
return RESUMED_RESUMED
