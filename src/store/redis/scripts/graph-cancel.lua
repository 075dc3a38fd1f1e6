-- Revokes a graph: from now on no part of it begins. What is left to do is done in portions, by later scripts.
--
-- ARGV
--   now       ms, "" for the server's TIME
--   channels  prefix of all channels
--   id        of the graph
--   terminate    1 where those that run are told to stop, else 0
-- Returns: a code of `stopped`
-- Flags: allow-oom
-- Uses: clock, version, records, numbers, history, later, rate, graph-records, results, permits, lanes, unique, messages, waiters, ledger, entries, send, ends, runs, todo, parts, graph, graph-portions, graph-open, release
local records = graph_records()
local graph = records.graph_at(arg_id)
if not records.is_known(graph) then return STOPPED_UNKNOWN end
if records.is_over(graph) then return STOPPED_OVER end
part_ends().revoke_graph(graph, arg_terminate == "1")
records.save_all()
finish()
return STOPPED_CANCELLED
