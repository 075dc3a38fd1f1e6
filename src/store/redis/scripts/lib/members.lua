-- Parts as most are, in few commands: they take no output that is kept for them alone, have not grown, and those who follow wait for
-- more than them.

-- All that only calls which meet a part need.
local function graph_members()
  -- The id of the graph of a part; false where it is out of the ordinary.
  local function graph_named(id)
    return string.byte(id) ~= 1 and match(id, "^(.*):[^:]*$") or false
  end

  -- What becomes of a part that a worker has, by its record, when it succeeds: { its record, what its result begins with, the list of those
  -- who follow }; false for one that is out of the ordinary.
  local function member_end(text, ttl)
    local rest_of, list, takers = match(text, "^" .. PART_WAITING .. " %+( %+ (%S+) (%S+) [+-] .*)$")
    local is_pinned = takers ~= "0"
    if not rest_of or not is_pinned and ttl <= 0 then return false end
    local ends_at = is_pinned and PINNED_UNTIL or now + ttl
    return { PART_SUCCEEDED .. " " .. (is_pinned and int(ttl) or "+") .. rest_of, result_head(int(ends_at), "1"), list }
  end

  -- By the id of a graph, and there by list, how many parts have succeeded. Gives what is to be written of graphs and of edges that are
  -- to arrive, as pairs; nil where a graph is over, or one that follows begins.
  local function follow_members(ended)
    local graphs_now, arrivals, ids = {}, {}, {}
    for graph, lists in pairs(ended) do
      local before, size, succeeded, behind, failed, unrun, joins =
        match(call("HGET", key_graph, graph) or "", "^(" .. GRAPH_RUNNING .. " %d+ %S+ %S+ (%d+) )(%d+)( (%d+) (%d+) (%d+) .*)$")
      if not before then return nil end
      succeeded = tonumber(succeeded)
      for list, times in pairs(lists) do
        succeeded = succeeded + times
        local edges = list ~= "+" and call("HGET", key_list, graph .. "#" .. list .. ".0") or ""
        if #edges > 1000 then return nil end
        for name, kind in string.gmatch(edges, "([^ =]+)=(%a)") do
          if kind == EDGE_REPLACE or name == "." then return nil end
          local id = graph .. ":" .. name
          if not arrivals[id] then ids[#ids + 1] = id end
          if #ids > 1000 then return nil end
          arrivals[id] = (arrivals[id] or 0) + times
        end
      end
      if joins == "0" and size - succeeded - failed - unrun == 0 then return nil end
      graphs_now[#graphs_now + 1] = graph
      graphs_now[#graphs_now + 1] = before .. int(succeeded) .. behind
    end
    local edges_now = {}
    if #ids > 0 then
      local texts, edges = call("HMGET", key_part, unpack(ids)), call("HMGET", key_pend, unpack(ids))
      for index, id in ipairs(ids) do
        if string.sub(texts[index] or "", 1, 1) == PART_BLOCKED then
          local left = (tonumber(edges[index] or "") or 0) - arrivals[id]
          if left <= 0 then return nil end
          edges_now[#edges_now + 1] = id
          edges_now[#edges_now + 1] = int(left)
        end
      end
    end
    return graphs_now, edges_now
  end

  return { graph_named = graph_named, member_end = member_end, follow_members = follow_members }
end
