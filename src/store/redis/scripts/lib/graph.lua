-- Graphs: parts that wait for one another, and what follows from one that has ended. Nothing here calls itself: a chain may have
-- a hundred thousand parts. There is a list of work in memory, first what ended in this step, then lines off key_todo, in
-- order; one step follows so many edges, what is left goes back to the front of key_todo, and new work for a whole graph to its end:
-- no arrival from before meets a part that was opened again.

local made_graphs = nil

-- All that only scripts that meet a part need.
local function graphs()
  if made_graphs then return made_graphs end
  local records = graph_records()
  local graph_at, graph_of, save_graph = records.graph_at, records.graph_of, records.save_graph
  local part_id, name_in = records.part_id, records.name_in
  local walk, save_part, number_of, set_number = records.walk, records.save_part, records.number_of, records.set_number

  -- A line of key_todo: "<kind> <how> <list> <first> <second> <name> <other> <graph>". Of one that follows a list: the state in which
  -- a part has ended, the list, chunk and edge to go on with, the culprit, the part. Of one that goes over all parts: a number, "+",
  -- entry (0 the part that is the graph, 1 those that were compiled, then those of key_seg) and part in it, two more numbers. Of one
  -- that stops a range: "+", what names of parts begin with, from and up to where ("+" all). Of a change to tell: state, name.
  local LINE = "^(%a) (%S+) (%S+) (%d+) (%d+) (%S+) (%S+) (.*)$"
  local items, head, tail = {}, 1, 0
  local left = FOLLOWED_AT_ONCE
  -- Parts and graphs that this script has dropped.
  local number_dropped = 0

  local function dropped()
    return number_dropped
  end

  -- This step does less.
  local function limit(most)
    left = math.min(left, most)
  end

  local function kept_ms(m)
    return tonumber(match(ttl_of(m), "^%d+")) or 0
  end

  local function add_item(item)
    tail = tail + 1
    items[tail] = item
  end

  local function line_of(item)
    return item.kind .. " " .. item.how .. " " .. item.list .. " " .. int(item.first) .. " " .. int(item.second) .. " " .. item.name
      .. " " .. item.other .. " " .. item.graph
  end

  local function read_line(line)
    local kind, how, list, first, second, name, other, graph = match(line, LINE)
    return kind and {
      kind = kind, how = how, list = list, first = tonumber(first), second = tonumber(second), name = name, other = other, graph = graph,
    }
  end

  -- Work that goes over all parts of a graph, behind all there is.
  local function add_walk(kind, graph, how, name, other)
    call("RPUSH", key_todo, line_of({
      kind = kind, how = how, list = "+", first = 0, second = 0, name = name or "0", other = other or "0", graph = graph.id,
    }))
    known_parts.any = true
  end

  -- Those of a group from a number on, up to another one or "+", all. `prefix`: what their names begin with, "+" nothing.
  local function stop_range(graph, prefix, from, to)
    call("RPUSH", key_todo, line_of({
      kind = TODO_STOP, how = "+", list = prefix, first = 0, second = 0, name = from, other = to, graph = graph.id,
    }))
  end

  local function tell_change(graph)
    local size = #known_parts.changes
    known_parts.changes[size + 1], known_parts.changes[size + 2], known_parts.changes[size + 3] = graph.id, graph.name, graph.state
  end

  -- The last part of a graph has ended.
  local function close_graph(graph)
    if graph.state ~= GRAPH_REVOKED then
      local output = part_at(part_id(graph, graph.output))
      graph.state = output and output.state == PART_SUCCEEDED and GRAPH_SUCCEEDED or GRAPH_FAILED
      tell_change(graph)
    end
    if graph.saved == "" then
      graph.ends_at = int(now + graph.keep)
      call("ZADD", key_gend, graph.ends_at, graph.id)
      if graph.state == GRAPH_SUCCEEDED then add_walk(TODO_UNPIN, graph, "+") end
    end
    save_graph(graph)
  end

  -- Until when a record is kept that is there.
  local function keep_until(id, ends_at)
    flush()
    local record = call("HGET", key_res, id)
    local rest_of = record and match(record, "^%S+( .*)$")
    if not rest_of then return end
    left = left - math.floor(#record / 4096)
    if ends_at > now then
      call("HSET", key_res, id, int(ends_at) .. rest_of)
    else
      call("HDEL", key_res, id)
    end
  end

  -- All that took the output have succeeded: it is kept as any result now.
  local function unpin(part)
    if not part or part.ttl == "+" or part.state ~= PART_SUCCEEDED then return end
    keep_until(part.id, now + part.ttl)
    part.ttl = "+"
    save_part(part)
  end

  -- Each input of a part that succeeded has one less who needs it.
  local function took_inputs(graph, part)
    if part.inputs == "+" or part.inputs == "-" then return end
    for name in string.gmatch(part.inputs, "[^,]+") do
      local id = part_id(graph, name)
      local takers = number_of("+" .. id)
      if takers then
        set_number("+" .. id, takers > 1 and takers - 1 or false)
        if takers <= 1 then unpin(part_at(id)) end
      end
    end
  end

  -- What the end of a part means to its graph, and who is told.
  local function part_ended(graph, part, state)
    local name = name_in(graph, part.id)
    if part.state == PART_BLOCKED then set_number(part.id, false) end
    part.state = state
    if part.culprit == "!" then part.culprit = "+" end
    save_part(part)
    if part.task == "+" then
      graph.joins = graph.joins - 1
    elseif state == PART_SUCCEEDED then
      graph.succeeded = graph.succeeded + 1
    elseif state == PART_FAILED then
      graph.failed = graph.failed + 1
    else
      graph.unrun = graph.unrun + 1
    end
    save_graph(graph)
    if state == PART_SUCCEEDED then took_inputs(graph, part) end
    if part.list ~= "+" and graph.state == GRAPH_RUNNING then
      add_item({
        kind = TODO_FOLLOW, how = state, list = part.list, first = 0, second = 1,
        name = state == PART_UNRUN and part.culprit or name, other = name, graph = graph.id,
      })
    end
    if records.is_over(graph) and graph.state ~= GRAPH_DROPPED then close_graph(graph) end
  end

  -- The id of a culprit as JSON, as the payload of results.
  local told_culprits = {}

  local function told_culprit(graph, culprit)
    if culprit == "+" then return "+" end
    local id = part_id(graph, culprit)
    local told = told_culprits[id]
    if not told then
      told = "=" .. string.gsub(cjson.encode(id), "\\/", "/")
      told_culprits[id] = told
    end
    return told
  end

  -- Ends a part that will not run, for `culprit`; "+": it is an error callback, and nothing has failed.
  local function cut_off(graph, part, culprit)
    local ttl = 0
    if part.task ~= "+" then
      local expires, kept = match(call("HGET", key_msg, part.id) or "", "^%S+ %S+ %S+ %S+ %S+ %S+ (%S+) (%d+)")
      if expires ~= "+" or call("HEXISTS", key_state, part.id) == 1 then
        -- What is told of one that has expired, or was revoked, stays so.
        local m = load_message(part.id)
        local reason = m and end_of(m)
        if reason then return drop_unrun(m, reason) end
      end
      ttl = tonumber(kept) or 0
    end
    left = left - 1
    part.culprit = culprit
    keep_part_result(part, PART_UNRUN, ttl, "REVOKED upstream + " .. told_culprit(graph, culprit))
    part_ended(graph, part, PART_UNRUN)
  end

  -- The message of a part that waited for others into its queue, as if just sent, or in line for its lock.
  local function send_part(part, m)
    left = left - 1
    work(15)
    local record = call("HGET", key_msg, m.id)
    local eta, expires = match(part.timing, "^([^,]*),(.*)$")
    m.eta = tonumber(eta) and int(now + eta) or m.eta
    m.expires = tonumber(expires) and int(now + expires) or m.expires
    m.at, m.state = now_text, STATE_QUEUED
    m.rank = string.sub(m.rank, 1, 1) .. format("%014.0f", next_number())
    local _, head_end = string.find(record, RECORD)
    call("HSET", key_msg, m.id, m.queue .. " " .. m.rank .. record_head(m.eta, m.max) .. m.entry
      .. record_tail(m.expires, m.ttl, m.task) .. string.sub(record, head_end + 1))
    left = left - math.floor(#record / 4096)
    local request = task_request(m.id)
    if request and not (tonumber(m.eta) and tonumber(m.eta) > now) then
      lock_waiters().enter_task(request)
      if request.status == REQUEST_WAITING then return lock_waiters().block(m, request) end
    end
    put_in_queue(m)
    wake(m.queue)
  end

  -- A part whose edges have arrived. `culprit`: of an error callback.
  local function start_part(graph, part, culprit)
    if part.task == "+" then
      keep_part_result(part, PART_SUCCEEDED, 0, "SUCCESS + + ={\"$source\":" .. string.sub(part.value, 2) .. "}")
      return part_ended(graph, part, PART_SUCCEEDED)
    end
    local m = load_message(part.id)
    if not m then
      keep_part_result(part, PART_REVOKED, 0, "REVOKED revoked + +")
      return part_ended(graph, part, PART_REVOKED)
    end
    local reason = end_of(m)
    if reason then return drop_unrun(m, reason) end
    set_number(part.id, false)
    call("HDEL", key_state, part.id)
    part.state, part.culprit = PART_WAITING, culprit
    save_part(part)
    read_rest(m)
    send_part(part, m)
  end

  -- A part that replaced itself ends as the one in its place has.
  local function end_replaced(graph, part, from, state, culprit)
    flush()
    local record = call("HGET", key_res, from) or ""
    local rest_of = match(record, "^%S+ %S+ %S+ (.*)$") or "SUCCESS + + +"
    left = left - math.floor(#record / 4096)
    local m = load_message(part.id)
    keep_part_result(part, state, m and kept_ms(m) or 0, rest_of)
    if m then remove_message(m) end
    if state == PART_UNRUN then part.culprit = culprit end
    part_ended(graph, part, state)
  end

  -- One edge out of a part that ended in `state`.
  local function arrive(graph, name, kind, state, culprit, from)
    local part = part_at(part_id(graph, name))
    if not part then return end
    local is_well = state == PART_SUCCEEDED
    if kind == EDGE_REPLACE then
      if part.state == PART_WAITING and part.replaced ~= "+" then
        end_replaced(graph, part, part_id(graph, from), state, culprit)
      end
      return
    end
    if part.state ~= PART_BLOCKED then return end
    if kind == EDGE_SUCCESS and not is_well then return cut_off(graph, part, culprit) end
    if kind == EDGE_FAILURE and not is_well then return start_part(graph, part, culprit) end
    local edges = (number_of(part.id) or 0) - 1
    set_number(part.id, edges > 0 and edges)
    if edges > 0 then return end
    if kind == EDGE_FAILURE then return cut_off(graph, part, "+") end
    start_part(graph, part, "+")
  end

  -- The ranges that a list cancels at the first failure, once in a turn of the graph.
  local function cancel_ranges(graph, list)
    local field = graph.id .. "#" .. list .. "!"
    local turn, ranges = match(call("HGET", key_list, field) or "", "^(%d+)(.*)$")
    if not turn or tonumber(turn) >= graph.turn then return end
    call("HSET", key_list, field, int(graph.turn) .. ranges)
    for from, to in string.gmatch(ranges, " (%d+) (%d+)") do
      stop_range(graph, match(list, "^(.*)/[^/]*$") or "+", from, to)
    end
  end

  -- Tells those who follow a part that has ended; whether all were told.
  local function follow_list(item, graph)
    if graph.state ~= GRAPH_RUNNING then return true end
    if item.first == 0 and item.second == 1 and item.how ~= PART_SUCCEEDED then cancel_ranges(graph, item.list) end
    while true do
      local edges = records.edges_of(graph, item.list, item.first)
      if not edges then return true end
      local size = #edges.names
      local to = math.min(size, item.second + left - 1)
      if to > item.second then
        local ids = {}
        for at = item.second, to do ids[#ids + 1] = part_id(graph, edges.names[at]) end
        remember_parts(ids)
        records.remember_numbers(ids)
      end
      while item.second <= size do
        if left <= 0 then return false end
        left = left - 1
        arrive(graph, edges.names[item.second], edges.kinds[item.second], item.how, item.name, item.other)
        item.second = item.second + 1
      end
      if size < FOLLOWED_AT_ONCE then return true end
      item.first, item.second = item.first + 1, 1
    end
  end

  -- Begins the parts for which nothing is to arrive.
  local function start_parts(item, graph)
    if graph.state ~= GRAPH_RUNNING then return true end
    local ids, is_all = walk(item, graph, left)
    remember_parts(ids)
    records.remember_numbers(ids)
    for _, id in ipairs(ids) do
      local part = part_at(id)
      if part and part.state == PART_BLOCKED and not number_of(id) then start_part(graph, part, "+") end
    end
    left = left - math.max(1, #ids)
    return is_all
  end

  -- Ends a part that waits as revoked; of one that a worker has the message is marked, and given.
  local function stop_part(graph, part, revoked)
    if not is_open_part(part) then return nil end
    local m = part.task ~= "+" and load_message(part.id)
    if m and m.state == STATE_LEASED then
      if m.revoked < revoked then
        m.revoked = revoked
        save(m)
      end
      return m
    end
    if m then
      leave_queue(m)
      drop_unrun(m, "revoked")
    else
      keep_part_result(part, PART_REVOKED, 0, "REVOKED revoked + +")
      part_ended(graph, part, PART_REVOKED)
    end
  end

  -- Revokes all parts of a graph.
  local function stop_parts(item, graph)
    if graph.state ~= GRAPH_REVOKED then return true end
    local ids, is_all = walk(item, graph, left)
    remember_parts(ids)
    for _, id in ipairs(ids) do
      local part = part_at(id)
      if part then stop_part(graph, part, tonumber(item.how)) end
    end
    left = left - math.max(1, #ids)
    return is_all
  end

  -- Revokes the members of a group, and what grew from them. One that replaced itself ends as those in its place do.
  local function stop_members(item, graph)
    local told, from, to = {}, tonumber(item.name), tonumber(item.other) or math.huge
    local is_all = graph.state ~= GRAPH_RUNNING
    local prefix = item.list == "+" and "" or item.list .. "/"
    while not is_all and left > 0 and from < to do
      left = left - 1
      local part = part_at(part_id(graph, prefix .. int(from)))
      if not part then
        is_all = true
      else
        local m = part.replaced == "+" and stop_part(graph, part, 2)
        if m then told[#told + 1] = m.id end
        if part.grown ~= "+" then
          stop_range(graph, part.grown == "=" and name_in(graph, part.id) or part.grown, "0", "+")
        end
      end
      from = from + 1
    end
    if #told > 0 then call("PUBLISH", arg_channels .. "ch:revoke", "=" .. cjson.encode(told)) end
    item.name = int(from)
    return is_all or from >= to
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
    save_graph(graph)
    local m = part.task ~= "+" and load_message(part.id)
    local record = part.task ~= "+" and not m and part.replaced == "+" and call("HGET", key_res, part.id)
    local is_done = record and is_kept(record) and match(record, "^%S+ %S+ 1 SUCCESS ")
    part.state = is_done and PART_SUCCEEDED or part.replaced == "+" and PART_BLOCKED or PART_WAITING
    part.culprit = "+"
    save_part(part)
    if number_of(part.id) then set_number(part.id, false) end
    if is_done then
      -- A dead letter that was retried by hand: nobody follows before all is counted.
      graph.succeeded = graph.succeeded + 1
      return took_inputs(graph, part)
    end
    part.ttl = "+"
    call("HDEL", key_res, part.id)
    if not m or part.replaced ~= "+" then return end
    -- A dead letter, or one that somebody retries by hand: that run is lost, and another begins.
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

  -- The edges out of a part that is to end once more are to arrive once more; whether all were counted.
  local function count_edges(item, graph, part)
    local chunk, at = tonumber(item.name), tonumber(item.other)
    while true do
      local edges = records.edges_of(graph, part.list, chunk)
      local size = edges and #edges.names or 0
      local ids = {}
      for index = at + 1, math.min(size, at + left) do ids[#ids + 1] = part_id(graph, edges.names[index]) end
      remember_parts(ids)
      records.remember_numbers(ids)
      for index, id in ipairs(ids) do
        local target = part_at(id)
        if target and target.state == PART_BLOCKED and edges.kinds[at + index] ~= EDGE_REPLACE then
          if edges.kinds[at + index] == EDGE_FAILURE then
            target.culprit = "!"
            save_part(target)
          end
          if part.state ~= PART_SUCCEEDED then set_number(id, (number_of(id) or 0) + 1) end
        end
      end
      left, at = left - #ids, at + #ids
      if at >= size then
        if size < FOLLOWED_AT_ONCE then
          item.name, item.other = "0", "0"
          return true
        end
        chunk, at = chunk + 1, 0
      elseif left <= 0 then
        item.name, item.other = int(chunk), int(at)
        return false
      end
    end
  end

  -- A part of a graph that is resumed begins, where nothing is to arrive.
  local function go_on(graph, part)
    if part.state == PART_WAITING and part.replaced ~= "+" then
      local name = string.gsub(part.replaced, "^%.", "")
      local source = part_at(part_id(graph, name))
      if source and not is_open_part(source) then
        end_replaced(graph, part, source.id, source.state, source.state == PART_UNRUN and source.culprit or name)
      end
    elseif part.state == PART_BLOCKED and not number_of(part.id) then
      if part.culprit == "!" then return cut_off(graph, part, "+") end
      start_part(graph, part, "+")
    end
  end

  -- First all parts are opened again, then their edges are counted, then those begin for which nothing is to arrive.
  local function resume_parts(item, graph)
    if graph.state ~= GRAPH_RUNNING then return true end
    local ids, is_all, entries, seconds = walk(item, graph, left)
    remember_parts(ids)
    records.remember_numbers(ids)
    for index, id in ipairs(ids) do
      local part = part_at(id)
      if part and item.how == "1" then
        reopen(graph, part)
      elseif part and item.how == "3" then
        go_on(graph, part)
      elseif part and part.list ~= "+" and (left <= 0 or not count_edges(item, graph, part)) then
        item.first, item.second = entries[index], seconds[index]
        return false
      end
      left = left - 1
    end
    left = left - 1
    if not is_all then return false end
    if item.how == "3" then
      if records.is_over(graph) then close_graph(graph) end
      return true
    end
    item.how, item.first, item.second = item.how == "1" and "2" or "3", 0, 0
    return false
  end

  -- Outputs of a graph that has succeeded are kept like any result from then on.
  local function unpin_parts(item, graph)
    if graph.state ~= GRAPH_SUCCEEDED or graph.saved ~= "" then return true end
    local ids, is_all = walk(item, graph, left)
    remember_parts(ids)
    local ended_at = tonumber(graph.ends_at) - graph.keep
    for _, id in ipairs(ids) do
      local part = part_at(id)
      if part and part.ttl ~= "+" then
        keep_until(id, ended_at + (part.takers == "+" and graph.keep or part.ttl))
        part.ttl = "+"
        save_part(part)
      end
    end
    left = left - math.max(1, #ids)
    return is_all
  end

  -- Outputs of a graph that was saved are kept as long as it is.
  local function pin_parts(item, graph)
    if graph.saved == "" then return true end
    local ids, is_all = walk(item, graph, left)
    remember_parts(ids)
    for _, id in ipairs(ids) do
      local part = part_at(id)
      if part and part.ttl == "+" and part.takers == "+" and not is_open_part(part) then
        keep_until(id, PINNED_UNTIL)
        part.ttl = "0"
        save_part(part)
      end
    end
    left = left - math.max(1, #ids)
    return is_all
  end

  -- Drops what is stored of parts: their messages but for dead letters and those that a worker has, their results where they are
  -- pinned or all are to go, and the lists that they name.
  local function drop_parts(item, graph)
    local ids, is_all = walk(item, graph, left)
    remember_parts(ids)
    local states, lists, gone, results = fields(key_state, ids), {}, {}, {}
    for _, id in ipairs(ids) do
      local part = part_at(id)
      if part then
        local has_message = part.replaced == "+" or is_open_part(part)
        local m = has_message and states[id] and load_message(id)
        if m and m.state == STATE_LEASED then
          m.revoked = math.max(m.revoked, 1)
          save(m)
        elseif m and m.state ~= STATE_DEAD then
          leave_queue(m)
        elseif has_message and not states[id] and part.state == PART_WAITING and part.task ~= "+" then
          leave_queue(load_message(id))
        end
        if has_message and not m or m and m.state ~= STATE_LEASED and m.state ~= STATE_DEAD then
          remove_later("HDEL", key_msg, id)
          remove_later("HDEL", key_state, id)
          if any_task_locks() then permits().forget_request(id) end
        end
        if item.how == "1" then
          results[#results + 1] = id
        elseif part.ttl ~= "+" then
          keep_until(id, (tonumber(graph.ends_at) or now) - graph.keep + part.ttl)
        end
        lists[part.list] = true
        gone[#gone + 1] = id
        known_parts.changed[id], known_parts.by_id[id] = nil, false
        set_number(id, false)
        set_number("+" .. id, false)
      end
    end
    many("HDEL", key_part, gone)
    many("HDEL", key_res, results)
    for list in pairs(lists) do
      local field = graph.id .. "#" .. list
      for _, mark in ipairs({ ".", "+" }) do
        local chunk = 0
        while call("HDEL", key_list, field .. mark .. int(chunk)) == 1 do chunk = chunk + 1 end
      end
      call("HDEL", key_list, field .. "!", field .. "+")
    end
    left = left - math.max(1, #ids)
    number_dropped = number_dropped + #gone
    if not is_all or left < 0 then return false end
    for chunk = 0, math.floor((graph.grown + FOLLOWED_AT_ONCE - 1) / FOLLOWED_AT_ONCE) do
      call("HDEL", key_seg, graph.id .. "#" .. int(chunk))
    end
    records.forget_graph(graph)
    number_dropped = number_dropped + 1
    return true
  end

  -- An older graph of an id that begins another one.
  local function drop_older(graph)
    local before = left
    local item = { how = "0", first = 0, second = 0 }
    left = math.huge
    while not drop_parts(item, graph) do end
    left = before
    call("ZREM", key_gend, graph.id)
    for _, line in ipairs(call("LRANGE", key_todo, 0, -1)) do
      local read = read_line(line)
      if read and read.graph == graph.id then call("LREM", key_todo, 1, line) end
    end
  end

  -- From now on nobody sees the graph.
  local function drop_graph(graph, how)
    graph.state = GRAPH_DROPPED
    save_graph(graph)
    call("ZREM", key_gend, graph.id)
    call("ZREM", key_gtime, graph.id)
    add_walk(TODO_DROP, graph, how)
  end

  -- From now on none of its parts begins, and nothing follows.
  local function cancel_graph(graph, terminate)
    graph.state = GRAPH_REVOKED
    save_graph(graph)
    if terminate then call("PUBLISH", arg_channels .. "ch:graph", "=" .. graph.id) end
    add_walk(TODO_CANCEL, graph, terminate and "2" or "1")
    if records.is_over(graph) then close_graph(graph) end
  end

  -- The graph that a message has become by replacing itself.
  local function revoke_own_graph(graph, terminate)
    if graph.state ~= GRAPH_RUNNING or graph.output ~= "." then return end
    cancel_graph(graph, terminate)
    tell_change(graph)
  end

  local function save_forever(graph, name)
    graph.saved = "!"
    if name ~= "+" then graph.name = name end
    if records.is_over(graph) then
      graph.ends_at = "+"
      call("ZREM", key_gend, graph.id)
    end
    save_graph(graph)
    if graph.state == GRAPH_SUCCEEDED then add_walk(TODO_PIN, graph, "+") end
  end

  local function resume_graph(graph)
    graph.state, graph.ends_at, graph.turn = GRAPH_RUNNING, "+", graph.turn + 1
    save_graph(graph)
    call("ZREM", key_gend, graph.id)
    add_walk(TODO_RESUME, graph, "1")
  end

  local function seal_graph(graph)
    graph.state, graph.ends_at, graph.turn = GRAPH_RUNNING, "+", 1
    save_graph(graph)
    call("ZREM", key_gend, graph.id)
    if records.is_over(graph) then return close_graph(graph) end
    add_item({ kind = TODO_START, how = "+", list = "+", first = 0, second = 0, name = "0", other = "0", graph = graph.id })
  end

  -- A template of messages, whose instants may count from their release.
  local function read_part_template(text)
    local template = read_template(text)
    local eta, expires = match(text, "^%S+ %S+ %S+ %S+ %S+ %S+ (%S+) (%S+)")
    local eta_ms, expires_ms = match(eta, "^~(.*)"), match(expires, "^~(.*)")
    template.timing = (eta_ms or expires_ms) and (eta_ms or "") .. "," .. (expires_ms or "") or "+"
    if eta_ms then template.eta_text = "+" end
    if expires_ms then template.expires_text = "+" end
    return template
  end

  -- Stores those of the parts that are not known, two texts each: "<name> <template> <edges> <list> <takers> <inputs>", and body or
  -- value. Gives their names.
  local function store_parts(graph, texts, templates)
    local ids, names = {}, {}
    for index = 1, #texts, 2 do ids[#ids + 1] = part_id(graph, match(texts[index], "^%S+")) end
    remember_parts(ids)
    for index, id in ipairs(ids) do
      if not part_at(id) then
        local name, number, edges, list, takers, inputs = match(texts[index * 2 - 1], "^(%S+) (%S+) (%d+) (%S+) (%S+) (%S+)$")
        local template = templates[tonumber(number)]
        if template then
          local rank = format("%d%014.0f", 9 - template.priority, next_number())
          write_later("HSET", key_msg, id, template.queue .. " " .. rank .. record_head(template.eta_text, template.max) .. template.entry
            .. record_tail(template.expires_text, template.ttl, template.task) .. texts[index * 2])
          if template.lock then permits().save_request(lock_waiters().new_task_request(id, template.lock, template.task)) end
          graph.size = graph.size + 1
        else
          graph.joins = graph.joins + 1
        end
        local part = {
          id = id, state = PART_BLOCKED, list = list, takers = takers, inputs = inputs, timing = template and template.timing or "+",
          culprit = "+", replaced = "+", grown = "+", ttl = "+", task = template and template.task or "+", value = template and "" or " " .. texts[index * 2],
        }
        known_parts.by_id[id] = part
        save_part(part)
        if edges ~= "0" then set_number(id, tonumber(edges)) end
        if takers ~= "+" and takers ~= "0" then set_number("+" .. id, tonumber(takers)) end
        names[#names + 1] = name
        local compiled = tonumber(name)
        if compiled and compiled >= graph.compiled then graph.compiled = compiled + 1 end
      end
    end
    known_parts.any = true
    save_graph(graph)
    flush()
    return names
  end

  -- Adds edges to lists, each "<list> <name>=<edge> ...", or ranges, "<list>! <from> <to> ...". What was brought before is known by its
  -- first edge.
  local function store_lists(graph, texts)
    for _, text in ipairs(texts) do
      local list, edges = match(text, "^(%S+) (.*)$")
      local field = graph.id .. "#" .. list
      if string.sub(list, -1) == "!" then
        call("HSET", key_list, field, "0 " .. edges)
      else
        local chunk, before = 0, call("HGET", key_list, field .. ".0")
        local first_edge, is_known = " " .. match(edges, "^%S+") .. " ", false
        while before do
          is_known = is_known or string.find(" " .. before .. " ", first_edge, 1, true)
          local size = select(2, string.gsub(before, "=", ""))
          if size < FOLLOWED_AT_ONCE then break end
          chunk = chunk + 1
          before = call("HGET", key_list, field .. "." .. int(chunk))
        end
        if not is_known then
          local words, size = before and { before } or {}, before and select(2, string.gsub(before, "=", "")) or 0
          for edge in string.gmatch(edges, "%S+") do
            if size == FOLLOWED_AT_ONCE then
              call("HSET", key_list, field .. "." .. int(chunk), table.concat(words, " "))
              words, size, chunk = {}, 0, chunk + 1
            end
            words[#words + 1], size = edge, size + 1
          end
          call("HSET", key_list, field .. "." .. int(chunk), table.concat(words, " "))
          records.chunks[field .. "." .. int(chunk)] = nil
        end
      end
    end
  end

  -- Those who were there, and follow new parts, wait for these, too.
  local function await_grown(graph, names)
    local counts, grown = {}, {}
    for _, name in ipairs(names) do
      local list = part_at(part_id(graph, name)).list
      counts[list] = (counts[list] or 0) + 1
      grown[name] = true
    end
    counts["+"] = nil
    for list, by in pairs(counts) do
      local chunk = 0
      repeat
        local edges = records.edges_of(graph, list, chunk)
        for index, name in ipairs(edges and edges.names or {}) do
          local target = edges.kinds[index] ~= EDGE_REPLACE and not grown[name] and part_at(part_id(graph, name))
          if target and target.state == PART_BLOCKED then set_number(target.id, (number_of(target.id) or 0) + by) end
        end
        chunk = chunk + 1
      until not edges or #edges.names < FOLLOWED_AT_ONCE
    end
  end

  local function add_values(graph, list, values)
    local field = graph.id .. "#" .. list .. "+"
    local number = tonumber(call("HGET", key_list, field) or 0)
    for _, value in ipairs(values) do
      local at = field .. int(math.floor(number / FOLLOWED_AT_ONCE))
      local before = call("HGET", key_list, at)
      call("HSET", key_list, at, before and before .. "\n" .. value or value)
      number = number + 1
    end
    call("HSET", key_list, field, int(number))
  end

  -- What grew from a run joins its graph: { templates, parts, lists, output or "", list that was added to or "", values }.
  local function grow_graph(graph, part, growth)
    local templates = {}
    for index, text in ipairs(growth.templates) do templates[index] = read_part_template(text) end
    local compiled = graph.compiled
    local names = store_parts(graph, growth.parts, templates)
    store_lists(graph, growth.lists)
    await_grown(graph, names)
    if growth.list ~= "" then add_values(graph, growth.list, growth.values) end
    if growth.output ~= "" then part.replaced = part.replaced .. growth.output end
    local prefix, own = match(names[1] or "", "^(.*)/[^/]*$"), name_in(graph, part.id)
    if prefix then
      records.add_grown(graph, prefix, #names)
      part.grown = prefix == own and "=" or prefix
    end
    save_part(part)
    add_item({
      kind = TODO_START, how = "+", list = "+", first = prefix and graph.grown + 1 or 1, second = prefix and 0 or compiled, name = "0",
      other = "0", graph = graph.id,
    })
  end

  -- A message that is no part becomes one, of a graph of its id.
  local function begin_graph(m, ttl)
    local older = graph_at(m.id)
    if older then drop_older(older) end
    local graph = records.new_graph({
      id = m.id, state = GRAPH_RUNNING, created = now_text, ends_at = "+", saved = "", keep = int(ttl), size = 1, succeeded = 0,
      failed = 0, unrun = 0, joins = 0, compiled = 0, grown = 0, turn = 1, output = ".", name = m.task,
    })
    local part = {
      id = m.id, state = PART_WAITING, list = "+", takers = "+", inputs = "+", timing = "+", culprit = "+", replaced = ".",
      grown = "+", ttl = "+", task = m.task, value = "",
    }
    known_parts.any = true
    known_parts.by_id[m.id] = part
    save_part(part)
    save_graph(graph)
    call("ZADD", key_gtime, int(next_number()), graph.id)
    tell_change(graph)
    return part
  end

  local WORK = {
    [TODO_FOLLOW] = follow_list, [TODO_START] = start_parts, [TODO_CANCEL] = stop_parts,
    [TODO_STOP] = stop_members, [TODO_RESUME] = resume_parts, [TODO_DROP] = drop_parts, [TODO_UNPIN] = unpin_parts,
    [TODO_PIN] = pin_parts,
  }

  -- What ended in this step tells those who follow.
  local function take_ended()
    local index = 1
    while known_parts.ended[index] do
      local ended = known_parts.ended[index]
      local graph = graph_of(ended.part)
      if graph and ended.revokes then revoke_own_graph(graph, ended.revokes.terminate) end
      if graph and ended.growth then grow_graph(graph, ended.part, ended.growth) end
      if graph and ended.state and is_open_part(ended.part) then part_ended(graph, ended.part, ended.state) end
      index = index + 1
    end
    known_parts.ended = {}
  end

  -- Does what the work in memory and on key_todo says, as far as one step goes.
  local function follow()
    take_ended()
    while left > 0 do
      if head > tail then
        local line = call("LPOP", key_todo)
        if not line then break end
        add_item(read_line(line) or { kind = "", graph = "" })
      end
      local item = items[head]
      local is_done = true
      if item.kind == TODO_TELL then
        local size = #known_parts.changes
        known_parts.changes[size + 1], known_parts.changes[size + 2], known_parts.changes[size + 3] = item.graph, item.list, item.how
        left = left - 1
      else
        local graph, work_on = graph_at(item.graph), WORK[item.kind]
        if graph and work_on and (graph.state == GRAPH_DROPPED) == (item.kind == TODO_DROP) then is_done = work_on(item, graph) end
      end
      if is_done then
        items[head] = nil
        head = head + 1
      end
      take_ended()
    end
    for index = tail, head, -1 do
      call("LPUSH", key_todo, line_of(items[index]))
      items[index] = nil
    end
    head, tail = 1, 0
    records.save_all()
  end

  -- For the next claim to tell: the reply of this script has no place for it.
  local function leave_changes()
    for index = 1, #known_parts.changes, 3 do
      call("RPUSH", key_todo, line_of({
        kind = TODO_TELL, how = known_parts.changes[index + 2], list = known_parts.changes[index + 1], first = 0, second = 0, name = "0",
        other = "0", graph = known_parts.changes[index],
      }))
    end
    known_parts.changes = {}
  end

  made_graphs = {
    follow = follow, dropped = dropped, limit = limit, leave_changes = leave_changes, seal_graph = seal_graph, store_parts = store_parts, store_lists = store_lists, read_part_template = read_part_template,
    begin_graph = begin_graph, cancel_graph = cancel_graph, resume_graph = resume_graph, drop_graph = drop_graph,
    save_forever = save_forever, records = records,
  }
  return made_graphs
end
