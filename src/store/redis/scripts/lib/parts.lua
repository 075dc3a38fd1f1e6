-- The end of a part. It ends once: in the step of the delivery token that is current, or where it waits.

local made_part_ends = nil

local function part_ends()
  if made_part_ends then return made_part_ends end
  local records, todo = graph_records(), graph_todo()

  local function tell_change(graph)
    local changes = known_parts.changes
    local size = #changes
    changes[size + 1], changes[size + 2], changes[size + 3], changes[size + 4] = graph.id, graph.name, graph.state, int(graph.size)
  end

  -- The last part of a graph has ended.
  local function close_graph(graph)
    if graph.state ~= GRAPH_REVOKED then
      local output = part_at(records.part_id(graph, graph.output))
      graph.state = output and output.state == PART_SUCCEEDED and GRAPH_SUCCEEDED or GRAPH_FAILED
      tell_change(graph)
    end
    if graph.saved == "" then
      graph.ends_at = int(now + graph.keep)
      call("ZADD", key_gend, graph.ends_at, graph.id)
      if graph.state == GRAPH_SUCCEEDED then todo.put(TODO_UNPIN, graph.id, {}) end
    end
    records.save_graph(graph)
  end

  -- From this step on no part of it begins, and nothing follows. Those that wait end in portions.
  local function revoke_graph(graph, terminate)
    graph.state = GRAPH_REVOKED
    records.save_graph(graph)
    if terminate then call("PUBLISH", arg_channels .. "ch:graph", "=" .. graph.id) end
    todo.put(TODO_CANCEL, graph.id, { how = terminate and "2" or "1" })
    call("ZREM", key_gend, graph.id)
    if records.is_over(graph) then close_graph(graph) end
  end

  -- The graph that a message has become by replacing itself.
  local function revoke_own_graph(graph, terminate)
    if graph.state ~= GRAPH_RUNNING or graph.output ~= "." then return end
    revoke_graph(graph, terminate)
    tell_change(graph)
  end

  -- Until when a record is kept that is there.
  local function keep_until(id, ends_at)
    if later[key_res] then flush() end
    local record = call("HGET", key_res, id)
    local rest_of = record and match(record, "^%S+( .*)$")
    if not rest_of then return end
    todo.left = todo.left - math.floor(#record / 4096)
    if ends_at > now then
      call("HSET", key_res, id, int(ends_at) .. rest_of)
    else
      call("HDEL", key_res, id)
    end
  end

  -- One that takes this output has succeeded. When all have, it is kept like any result.
  local function unpin(id)
    local takers = records.number_of("+" .. id)
    if not takers then return end
    records.set_number("+" .. id, takers > 1 and takers - 1)
    local part = takers == 1 and part_at(id)
    if not part or part.ttl == "+" or part.state ~= PART_SUCCEEDED then return end
    keep_until(id, now + part.ttl)
    part.ttl = "+"
    records.save_part(part)
  end

  local function take_inputs(graph, part)
    if part.inputs == "+" or part.inputs == "-" then return end
    for name in string.gmatch(part.inputs, "[^,]+") do unpin(records.part_id(graph, name)) end
  end

  -- Those who follow are told by and by; of several that have succeeded, and have one list, at once.
  local function tell_followers(graph, part)
    local last = todo.tail >= todo.head and todo.items[todo.tail]
    if part.state == PART_SUCCEEDED and last and last.how == PART_SUCCEEDED and last.kind == TODO_FOLLOW and last.list == part.list
      and last.graph == graph.id and last.first == 0 and last.second == 1 then
      last.name = last.name + 1
      return
    end
    local name = records.name_in(graph, part.id)
    todo.add({
      kind = TODO_FOLLOW, how = part.state, list = part.list, first = 0, second = 1,
      name = part.state == PART_SUCCEEDED and 1 or part.state == PART_UNRUN and part.culprit or name, other = name, graph = graph.id,
    })
  end

  -- What the end of a part means to its graph. Its record is kept already.
  local function part_ended(graph, part, state)
    if part.state == PART_BLOCKED then records.set_number(part.id, false) end
    part.state = state
    if part.culprit == "!" then part.culprit = "+" end
    records.save_part(part)
    if part.task == "+" then
      graph.joins = graph.joins - 1
    elseif state == PART_SUCCEEDED then
      graph.succeeded = graph.succeeded + 1
    elseif state == PART_FAILED then
      graph.failed = graph.failed + 1
    else
      graph.unrun = graph.unrun + 1
    end
    records.save_graph(graph)
    if state == PART_SUCCEEDED then take_inputs(graph, part) end
    if part.list ~= "+" and graph.state == GRAPH_RUNNING then tell_followers(graph, part) end
    if records.is_over(graph) and graph.state ~= GRAPH_DROPPED then close_graph(graph) end
  end

  -- Ends a part where it waits. `m`: its message, nil for none.
  local function revoke_part(graph, part, m)
    if m then
      leave_queue(m)
      return drop_unrun(m, "revoked")
    end
    keep_part_result(part, PART_REVOKED, 0, "REVOKED revoked + +")
    part_ended(graph, part, PART_REVOKED)
  end

  made_part_ends = {
    tell_change = tell_change, close_graph = close_graph, revoke_graph = revoke_graph, revoke_own_graph = revoke_own_graph,
    keep_until = keep_until, take_inputs = take_inputs, part_ended = part_ended, revoke_part = revoke_part,
  }
  return made_part_ends
end
