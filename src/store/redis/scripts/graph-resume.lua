-- Begins anew, in portions, what has not succeeded of a graph that has failed.
--
-- ARGV
--   now       ms, "" for the server's TIME
--   channels  prefix of all channels
--   id        of the graph
-- Returns: a code of `resumed`
-- Flags: allow-oom
-- Uses: clock, version, records, numbers, history, later, rate, graph-records, results, permits, lanes, unique, messages, waiters, ledger, entries, send, ends, runs, todo, parts, graph, graph-portions, graph-open, release
local graph = graph_records().graph_at(arg_id)
if not graph_records().is_known(graph) then return RESUMED_UNKNOWN end
if graph.state ~= GRAPH_FAILED then return RESUMED_REFUSED end
graph.state, graph.ends_at, graph.turn = GRAPH_RUNNING, "+", graph.turn + 1
graph_records().save_graph(graph)
call("ZREM", key_gend, graph.id)
graph_todo().put(TODO_RESUME, graph.id, { how = "1" })
follow_up()
leave_graph_changes()
save_entry_states()
finish()
return RESUMED_RESUMED
