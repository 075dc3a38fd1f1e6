-- Stores a portion of a graph. Nothing of it runs before the last one, which seals it.
--
-- ARGV
--   now       ms, "" for the server's TIME
--   channels  prefix of all channels
--   id        of the graph
--   name      escaped
--   output    name of a part inside the graph
--   keep      ms for which it is kept once it is over
--   seal      1 for the last portion, else 0
--   before    number of parts that the portions before have brought
--   bounds    "<queue>=<most> ..." of a graph that is not there yet, "" for none
--   templates    number of templates
--   lists     number of lists
--   rest...   the templates (lib/send.lua), the lists and the parts, two texts each (lib/graph.lua)
-- Returns: a code of `opened`; dropping: an older one of this id is being dropped, and the call is to be repeated
-- Uses: clock, version, records, numbers, history, later, rate, graph-records, results, permits, lanes, unique, messages, waiters, ledger, entries, send, ends, runs, todo, parts, graph, graph-portions, graph-open, release, full
local records = graph_records()
local graph = records.graph_at(arg_id)
if graph and not records.is_known(graph) then
  if graph.state ~= GRAPH_DROPPED then graph_portions().drop_graph(graph, "0") end
  follow_up()
  leave_graph_changes()
  save_entry_states()
  finish()
  return OPENED_DROPPING
end
if graph and graph.state ~= GRAPH_OPEN then return OPENED_DUPLICATE end
if (graph and graph.size + graph.joins or 0) < tonumber(arg_before) then return OPENED_BEHIND end
if not graph then
  for queue, most in string.gmatch(arg_bounds, "(%S+)=(%d+)") do
    if is_full(queue, tonumber(most)) then return OPENED_FULL end
  end
end

local templates, lists, texts = {}, {}, {}
local first_list = rest + tonumber(arg_templates)
local first_part = first_list + tonumber(arg_lists)
for index = rest, first_list - 1 do templates[#templates + 1] = graph_growth().read_part_template(ARGV[index]) end
for index = first_list, first_part - 1 do lists[#lists + 1] = ARGV[index] end
for index = first_part, #ARGV do texts[#texts + 1] = ARGV[index] end
reserve_numbers(#texts / 2 + 1)
if not graph then
  graph = records.new_graph({
    id = arg_id, state = GRAPH_OPEN, created = now_text, ends_at = "+", saved = "", keep = arg_keep, size = 0, succeeded = 0, failed = 0,
    unrun = 0, joins = 0, compiled = 0, grown = 0, turn = 0, output = arg_output, name = arg_name,
  })
  call("ZADD", key_gtime, int(next_number()), arg_id)
end
graph_growth().store_parts(graph, texts, templates)
graph_growth().store_lists(graph, lists)
work(9 * #texts / 2 + 6 * #lists)
if arg_seal == "1" then
  graph_growth().seal_graph(graph)
else
  graph.ends_at = int(now + UNSEALED_MS)
  call("ZADD", key_gend, graph.ends_at, arg_id)
end
follow_up()
leave_graph_changes()
save_entry_states()
finish()
return arg_seal == "1" and OPENED_SEALED or OPENED_OPEN
