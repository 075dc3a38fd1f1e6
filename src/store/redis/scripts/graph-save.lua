-- Keeps a graph, and the results that its value is made of, until it is forgotten.
--
-- ARGV
--   now       ms, "" for the server's TIME
--   channels  prefix of all channels
--   id        of the graph
--   name      escaped, "+" to leave it
-- Returns: a code of `saved`
-- Flags: allow-oom
-- Uses: clock, version, records, numbers, history, later, rate, graph-records, results, permits, lanes, unique, messages, waiters, ledger, entries, send, ends, runs, todo, parts, graph, graph-portions, graph-open, release
local graph = graph_records().graph_at(arg_id)
if not graph_records().is_known(graph) then return SAVED_UNKNOWN end
graph.saved = "!"
if arg_name ~= "+" then graph.name = arg_name end
if graph_records().is_over(graph) then
  graph.ends_at = "+"
  call("ZREM", key_gend, graph.id)
end
graph_records().save_graph(graph)
if graph.state == GRAPH_SUCCEEDED then graph_todo().put(TODO_PIN, graph.id, {}) end
follow_up()
leave_graph_changes()
save_entry_states()
finish()
return SAVED_SAVED
