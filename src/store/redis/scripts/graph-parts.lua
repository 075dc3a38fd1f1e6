-- Reads part of the parts of a graph, in their order, in number and in bytes.
--
-- ARGV
--   now       ms, "" for the server's TIME
--   id        of the graph
--   after     name of a part inside the graph behind which to begin, "" for the first
--   limit     how many at most
-- Returns: "" for an unknown graph; else { 1 when these were the last; per part: name, record (lib/graph-records.lua), 1 where a worker
--   has its message, the names of those who follow it }
-- Flags: no-writes
-- Uses: clock, version, records, graph-records
local store = graph_records()
local graph = store.graph_at(arg_id)
if not store.is_known(graph) then return "" end
local place = store.behind(graph, arg_after)
local ids, is_all, entries, seconds = store.walk(place, graph, tonumber(arg_limit))
remember_parts(ids)
local texts, states = fields(key_part, ids), fields(key_state, ids)
local reply, bytes = { is_all and 1 or 0 }, 0
for index, id in ipairs(ids) do
  if bytes >= MOST_BYTES then
    reply[1] = 0
    break
  end
  local part = part_at(id)
  if part then
    local followers, chunk = {}, 0
    repeat
      local edges = part.list ~= "+" and store.edges_of(graph, part.list, chunk)
      for _, name in ipairs(edges and edges.names or {}) do followers[#followers + 1] = name end
      chunk = chunk + 1
    until not edges or #edges.names < EDGES_IN_CHUNK
    local size = #reply
    reply[size + 1], reply[size + 2] = store.name_in(graph, id), texts[id]
    reply[size + 3] = string.sub(states[id] or "", 1, 1) == STATE_LEASED and 1 or 0
    reply[size + 4] = table.concat(followers, " ")
    bytes = bytes + #texts[id] + #reply[size + 4]
  end
end
return reply
