-- Drops a graph with all its results, in portions. One that is not over is revoked by it.
--
-- ARGV
--   now       ms, "" for the server's TIME
--   channels  prefix of all channels
--   id        of the graph
-- Returns: nothing
-- Flags: allow-oom
-- Uses: clock, version, records, numbers, history, later, rate, graph-records, results, permits, lanes, unique, messages, waiters, ledger, entries, send, ends, runs, todo, parts, graph, graph-portions, graph-open, release
local graph = graph_records().graph_at(arg_id)
if graph_records().is_known(graph) then
  graph_portions().drop_graph(graph, "1")
  follow_up()
  leave_graph_changes()
  save_entry_states()
  finish()
end
return 0
