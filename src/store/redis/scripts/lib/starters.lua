-- The beginning of a graph as most are, in few commands: its parts are messages to be run at once, without locks, under the names
-- that they were compiled to.

-- Begins the next `most` parts that wait for nothing, where the first line of key_todo tells of a graph that begins. They keep the
-- age that they were sent with. Whether nothing out of the ordinary was met, and whether more of them are left; else the rest is work for
-- start_parts (lib/graph.lua), which goes on where this one has stopped.
local function begin_starters(most, has_locks)
  local how, entry, second, others, graph =
    match(call("LINDEX", key_todo, 0), "^" .. TODO_START .. " (%S+ %S+) ([01]) (%d+) (%S+ %S+) (.*)$")
  local compiled, grown, output = match(graph and call("HGET", key_graph, graph) or "",
    "^" .. GRAPH_RUNNING .. " %d+ %S+ %S+ %d+ %d+ %d+ %d+ %d+ (%d+) (%d+) %d+ (%S+) ")
  if not compiled or output == "." or string.byte(graph) == 1 then return false, false end
  local from, size = entry == "1" and tonumber(second) or 0, tonumber(compiled)
  local to = math.min(size, from + most)
  local ids, begin, names, parts, wakes = {}, {}, {}, {}, {}
  for name = from, to - 1 do ids[name - from + 1] = graph .. ":" .. name end
  local texts, edges = {}, {}
  if #ids > 0 then texts, edges = call("HMGET", key_part, unpack(ids)), call("HMGET", key_pend, unpack(ids)) end
  -- Many have the same record.
  local begun = {}
  for index, id in ipairs(ids) do
    local text = texts[index]
    if text and not edges[index] and string.sub(text, 1, 1) == PART_BLOCKED then
      local rest_of = begun[text]
      if rest_of == nil then
        -- Else its result is pinned, it is an error callback, its instants count from now, or it is a join.
        rest_of = match(text, "^" .. PART_BLOCKED .. "( %+ %+ %S+ %S+ %S+ %+ [^+].*)$") or false
        begun[text] = rest_of
      end
      if not rest_of then
        to = from + index - 1
        break
      end
      local at = #begin + 1
      begin[at], names[at] = id, from + index - 1
      parts[at * 2 - 1], parts[at * 2] = id, PART_WAITING .. rest_of
    end
  end
  local is_plain, begins = to == math.min(size, from + most), 0
  if #begin > 0 then
    local records, positions = {}, {}
    local states, locks = call("HMGET", key_state, unpack(begin)), has_locks and call("HMGET", key_tasklock, unpack(begin)) or {}
    local fits = read_values(key_msg, begin, records, 0)
    for index = 1, fits do
      local position, queue, expires = match(records[index] or "", "^((%S+) %d+) %d+ %+ %d+ %S+ (%S+) ")
      if not position or states[index] or locks[index] or (expires ~= "+" and (tonumber(expires) or 0) <= now) then
        is_plain = false
        break
      end
      begins = index
      positions[index * 2 - 1], positions[index * 2] = 0, position .. " " .. begin[index]
      wakes[queue] = true
    end
    if begins < #begin then to = names[begins + 1] end
    if begins > 0 then
      call("HSET", key_part, unpack(parts, 1, begins * 2))
      call("ZADD", key_ready, unpack(positions))
      for queue in pairs(wakes) do call("PUBLISH", arg_channels .. "wake:" .. queue, "") end
    end
  end
  work(6 * begins + to - from)
  if to < size or grown ~= "0" then
    local place = to < size and "1 " .. int(to) or "2 0"
    call("LSET", key_todo, 0, TODO_START .. " " .. how .. " " .. place .. " " .. others .. " " .. graph)
    return is_plain and to < size, true
  end
  call("LPOP", key_todo)
  return call("EXISTS", key_todo) == 0, false
end
