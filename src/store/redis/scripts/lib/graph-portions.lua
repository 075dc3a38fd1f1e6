-- What is done with whole graphs, in portions: each takes a line of todo, and says whether all was done.

local made_graph_portions = nil

local function graph_portions()
  if made_graph_portions then return made_graph_portions end
  local records, todo, ends = graph_records(), graph_todo(), part_ends()
  local part_id, number_of, set_number, save_part = records.part_id, records.number_of, records.set_number, records.save_part

  -- Calls `act` for each of the next parts, which takes about so many steps; whether these were the last.
  local function each_part(item, graph, steps, act)
    flush()
    local ids, is_all, entries, seconds = records.walk(item, graph, math.max(1, math.floor(todo.left / steps)))
    remember_parts(ids)
    todo.left = todo.left - 1
    for index, id in ipairs(ids) do
      local part = part_at(id)
      if todo.left <= 0 or part and act(part) == false then
        item.first, item.second = entries[index], seconds[index]
        return false
      end
      todo.left = todo.left - 1
    end
    return is_all
  end

  -- Ends a part that waits as revoked; of one that a worker has the message is marked, and given.
  local function stop_part(graph, part, revoked)
    if not is_open_part(part) then return nil end
    local m = part.task ~= "+" and load_message(part.id) or nil
    todo.left = todo.left - 2
    if not m or m.state ~= STATE_LEASED then return ends.revoke_part(graph, part, m) end
    if m.revoked < revoked then
      m.revoked = revoked
      save(m)
    end
    return m
  end

  -- All parts of a graph that was revoked.
  local function cancel_parts(item, graph)
    if graph.state ~= GRAPH_REVOKED then return true end
    return each_part(item, graph, 3, function(part) stop_part(graph, part, tonumber(item.how)) end)
  end

  -- The members of a group, after the first failure, and what grew from them. One that replaced itself ends as those in its place do.
  local function cancel_range(item, graph)
    flush()
    local told, from, to = {}, tonumber(item.name), tonumber(item.other) or math.huge
    local is_all = graph.state ~= GRAPH_RUNNING
    local prefix = item.list == "+" and "" or item.list .. "/"
    while not is_all and todo.left > 0 and from < to do
      todo.left = todo.left - 1
      local part = part_at(part_id(graph, prefix .. int(from)))
      if part then
        local m = part.replaced == "+" and stop_part(graph, part, 2)
        if m then told[#told + 1] = m.id end
        if part.grown ~= "+" then
          todo.put(TODO_STOP, graph.id, { list = part.grown == "=" and records.name_in(graph, part.id) or part.grown, other = "+" })
        end
      end
      is_all = not part
      from = from + 1
    end
    if #told > 0 then call("PUBLISH", arg_channels .. "ch:revoke", "=" .. cjson.encode(told)) end
    item.name = int(from)
    return is_all or from >= to
  end

  -- Out of wherever it is: it waits for others again. That run is lost, where a worker has it.
  local function block_again(m)
    if m.state == STATE_DEAD then
      call("ZREM", key_dead, m.queue .. " " .. m.id)
      call("HDEL", key_why, m.id)
      count(STATE_DEAD, m.queue, -1)
    elseif m.state == STATE_LEASED then
      call("ZREM", key_leased, position_of(m))
      count(STATE_LEASED, m.queue, -1)
    else
      leave_queue(m)
    end
    call("HDEL", key_state, m.id)
    if any_task_locks() then permits().release_ticket(m.id) end
  end

  -- Opens a part again that has not succeeded. An error callback that ran stays as it is.
  local function reopen(graph, part)
    if is_open_part(part) or part.state == PART_SUCCEEDED or (part.state == PART_FAILED and part.culprit ~= "+") then return end
    if part.task == "+" then
      graph.joins = graph.joins + 1
    elseif part.state == PART_FAILED then
      graph.failed = graph.failed - 1
    else
      graph.unrun = graph.unrun - 1
    end
    records.save_graph(graph)
    local has_message = part.task ~= "+" and part.replaced == "+"
    local m = has_message and load_message(part.id) or nil
    local record = has_message and not m and call("HGET", key_res, part.id)
    local is_done = record and is_kept(record) and match(record, "^%S+ %S+ 1 SUCCESS ")
    part.state = is_done and PART_SUCCEEDED or part.replaced == "+" and PART_BLOCKED or PART_WAITING
    part.culprit = "+"
    save_part(part)
    set_number(part.id, false)
    if is_done then
      -- A dead letter that was retried by hand: nobody follows before all is counted.
      graph.succeeded = graph.succeeded + 1
      return ends.take_inputs(graph, part)
    end
    part.ttl = "+"
    call("HDEL", key_res, part.id)
    if m then block_again(m) end
  end

  -- The edges out of a part that is to end once more are to arrive once more; false where not all were counted.
  local function count_edges(item, graph, part)
    local chunk, at = tonumber(item.name), tonumber(item.other)
    while true do
      local edges = records.edges_of(graph, part.list, chunk)
      local size = edges and #edges.names or 0
      local ids = {}
      for index = at + 1, math.min(size, at + todo.left) do ids[#ids + 1] = part_id(graph, edges.names[index]) end
      remember_parts(ids)
      records.remember_numbers(ids)
      for index, id in ipairs(ids) do
        local target, kind = part_at(id), edges.kinds[at + index]
        if target and target.state == PART_BLOCKED and kind ~= EDGE_REPLACE then
          if kind == EDGE_FAILURE then
            target.culprit = "!"
            save_part(target)
          end
          if part.state ~= PART_SUCCEEDED then set_number(id, (number_of(id) or 0) + 1) end
        end
      end
      todo.left, at = todo.left - #ids, at + #ids
      if at < size then
        item.name, item.other = int(chunk), int(at)
        return false
      end
      if size < EDGES_IN_CHUNK then break end
      chunk, at = chunk + 1, 0
    end
    item.name, item.other = "0", "0"
  end

  -- Begins, where nothing is to arrive.
  local function go(graph, part)
    if part.state == PART_WAITING and part.replaced ~= "+" then
      local name = string.gsub(part.replaced, "^%.", "")
      local source = part_at(part_id(graph, name))
      if source and not is_open_part(source) then
        graphs().end_as(graph, part, name, source.state, source.state == PART_UNRUN and source.culprit or name)
      end
    elseif part.state == PART_BLOCKED and not number_of(part.id) then
      if part.culprit == "!" then return graphs().end_unrun(graph, part, "+") end
      graphs().start_part(graph, part, "+")
    end
  end

  -- What has not succeeded begins anew: all is opened again, then edges are counted, then those begin for which nothing is to arrive.
  local function resume_parts(item, graph)
    if graph.state ~= GRAPH_RUNNING then return true end
    local is_all = each_part(item, graph, 2, function(part)
      if item.how == "1" then
        reopen(graph, part)
      elseif item.how == "3" then
        go(graph, part)
      elseif part.list ~= "+" then
        return count_edges(item, graph, part)
      end
    end)
    if not is_all then return false end
    if item.how == "3" then
      if records.is_over(graph) then ends.close_graph(graph) end
      return true
    end
    item.how, item.first, item.second = item.how == "1" and "2" or "3", 0, 0
    return false
  end

  -- Outputs of a graph that has succeeded are kept like any result from then on.
  local function unpin_parts(item, graph)
    if graph.state ~= GRAPH_SUCCEEDED or graph.saved ~= "" then return true end
    local ended_at = tonumber(graph.ends_at) - graph.keep
    return each_part(item, graph, 1, function(part)
      if part.ttl == "+" then return end
      ends.keep_until(part.id, ended_at + (part.takers == "+" and graph.keep or part.ttl))
      part.ttl = "+"
      save_part(part)
    end)
  end

  -- Outputs of a graph that was saved are kept as long as it is.
  local function pin_parts(item, graph)
    if graph.saved == "" then return true end
    return each_part(item, graph, 1, function(part)
      if part.ttl ~= "+" or part.takers ~= "+" or is_open_part(part) then return end
      ends.keep_until(part.id, PINNED_UNTIL)
      part.ttl = "0"
      save_part(part)
    end)
  end

  -- The message of a part whose graph is dropped. A dead letter is an operator's matter.
  local function drop_message(part)
    local m = load_message(part.id)
    if not m or m.state == STATE_DEAD then return end
    if m.state == STATE_LEASED then
      m.revoked = math.max(m.revoked, 1)
      return save(m)
    end
    leave_queue(m)
    remove_message(m)
  end

  -- Drops parts with their messages, their results where they are pinned or all are to go, and the lists that they name.
  local function drop_parts(item, graph)
    local gone, results, lists = {}, {}, {}
    local is_all = each_part(item, graph, 3, function(part)
      if part.task ~= "+" and part.state ~= PART_SUCCEEDED and (part.replaced == "+" or is_open_part(part)) then drop_message(part) end
      if item.how == "1" then
        results[#results + 1] = part.id
      elseif part.ttl ~= "+" then
        ends.keep_until(part.id, (tonumber(graph.ends_at) or now) - graph.keep + part.ttl)
      end
      lists[part.list] = true
      todo.left = todo.left - 2
      gone[#gone + 1] = part.id
      known_parts.changed[part.id], known_parts.by_id[part.id] = nil, false
      set_number(part.id, false)
      set_number("+" .. part.id, false)
    end)
    many("HDEL", key_part, gone)
    many("HDEL", key_res, results)
    for list in pairs(lists) do
      for _, mark in ipairs({ ".", "+" }) do
        local chunk = 0
        while call("HDEL", key_list, graph.id .. "#" .. list .. mark .. chunk) == 1 do chunk = chunk + 1 end
      end
      call("HDEL", key_list, graph.id .. "#" .. list .. "!", graph.id .. "#" .. list .. "+")
    end
    todo.dropped = todo.dropped + #gone
    if not is_all or todo.left <= 0 then return false end
    for chunk = 0, math.floor(graph.grown / EDGES_IN_CHUNK) do call("HDEL", key_seg, graph.id .. "#" .. chunk) end
    records.forget_graph(graph)
    todo.dropped = todo.dropped + 1
    return true
  end

  -- An older graph of an id that begins another one goes at once.
  local function drop_older(graph)
    local before, item = todo.left, { how = "0", first = 0, second = 0 }
    todo.left = math.huge
    while not drop_parts(item, graph) do end
    todo.left = before
    call("ZREM", key_gend, graph.id)
    for _, line in ipairs(call("LRANGE", key_todo, 0, -1)) do
      if todo.read_line(line).graph == graph.id then call("LREM", key_todo, 1, line) end
    end
  end

  -- From now on nobody sees the graph. `how`: 1 where all its results are to go, else 0.
  local function drop_graph(graph, how)
    graph.state = GRAPH_DROPPED
    records.save_graph(graph)
    call("ZREM", key_gend, graph.id)
    call("ZREM", key_gtime, graph.id)
    todo.put(TODO_DROP, graph.id, { how = how })
  end

  made_graph_portions = {
    cancel_parts = cancel_parts, cancel_range = cancel_range, resume_parts = resume_parts, unpin_parts = unpin_parts,
    pin_parts = pin_parts, drop_parts = drop_parts, drop_older = drop_older, drop_graph = drop_graph,
  }
  return made_graph_portions
end
