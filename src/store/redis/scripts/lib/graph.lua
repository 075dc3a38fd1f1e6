-- What follows from the end of a part. Nothing here calls itself: a chain may have a hundred thousand parts. The list of work is
-- in memory (lib/todo.lua), first what ended in this step, then lines off key_todo, in order; one step follows so many edges. What is left
-- goes back to the front of key_todo, and new work for a whole graph to its end, so that no arrival from before meets a part that was
-- opened again.

local made_graphs = nil

-- How one has ended that another has taken the place of.
local END_STATES = {
  [PART_SUCCEEDED] = "success", [PART_FAILED] = "failure", [PART_REVOKED] = "revoked", [PART_UNRUN] = "upstream",
}

-- All that only scripts that meet a part need.
local function graphs()
  if made_graphs then return made_graphs end
  local records, todo, ends = graph_records(), graph_todo(), part_ends()
  local part_id, number_of, set_number = records.part_id, records.number_of, records.set_number

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
  local function end_unrun(graph, part, culprit)
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
    todo.left = todo.left - 2
    if part.task ~= "+" then
      local m = load_message(part.id)
      if m then record_end(m, "upstream", "upstream") end
    end
    part.culprit = culprit
    keep_part_result(part, PART_UNRUN, ttl, "REVOKED upstream + " .. told_culprit(graph, culprit))
    ends.part_ended(graph, part, PART_UNRUN)
  end

  -- A message that waited for others gets the age of one just sent, and its instants, where they count from its release.
  local function renew(part, m, record)
    local body = #m.queue + #m.rank + #m.at + #m.eta + #m.max + #m.entry + #m.expires + #m.ttl + #m.task + 10
    local eta, expires = match(part.timing, "^([^,]*),(.*)$")
    m.eta = tonumber(eta) and int(now + eta) or m.eta
    m.expires = tonumber(expires) and int(now + expires) or m.expires
    renew_rank(m)
    write_later("HSET", key_msg, m.id, m.queue .. " " .. m.rank .. record_head(m.eta, m.max) .. m.entry
      .. record_tail(m.expires, m.ttl, m.task) .. string.sub(record, body))
    m.at = now_text
  end

  -- The message of a part into its queue, or in line for its lock: of one that waited for others as if just sent.
  local function send_part(part, m, record, is_starter)
    todo.left = todo.left - math.floor(#record / 4096)
    m.state = STATE_QUEUED
    if not is_starter or part.timing ~= "+" then
      renew(part, m, record)
    elseif is_fair(m.queue) then
      if not is_ahead(m.eta) then renew_rank(m) end
      save(m)
    end
    arrive_in_queue(m)
  end

  -- Records and states of the messages of parts that begin next.
  local records_ahead, states_ahead = {}, {}

  -- Looks many of them up at once, for `start_part`; how many fit.
  local function remember_messages(ids)
    local texts = {}
    records_ahead, states_ahead = {}, {}
    local fits, states = read_values(key_msg, ids, texts, 0), fields(key_state, ids)
    for index = 1, fits do
      records_ahead[ids[index]], states_ahead[ids[index]] = texts[index], states[ids[index]]
    end
    return fits
  end

  -- A part whose edges have arrived, or one that has none. `culprit`: of an error callback.
  local function start_part(graph, part, culprit, is_starter)
    if part.task == "+" then
      keep_part_result(part, PART_SUCCEEDED, 0, "SUCCESS + + ={\"$source\":" .. string.sub(part.value, 2) .. "}")
      return ends.part_ended(graph, part, PART_SUCCEEDED)
    end
    if records_ahead[part.id] == nil then remember_messages({ part.id }) end
    local record, state = records_ahead[part.id], states_ahead[part.id]
    local m = read_message(part.id, record, nil)
    if not m then return ends.revoke_part(graph, part, nil) end
    m.state = STATE_BLOCKED
    if state then
      m.revoked = tonumber(select(2, match(state, REVOKED)) or 0)
      call("HDEL", key_state, part.id)
    end
    local reason = end_of(m)
    if reason then return drop_unrun(m, reason) end
    todo.left = todo.left - 1
    set_number(part.id, false)
    part.state, part.culprit = PART_WAITING, culprit
    records.save_part(part)
    send_part(part, m, record, is_starter)
  end

  -- A part that has replaced itself ends as the one in its place, with a copy of its record.
  local function end_as(graph, part, from, state, culprit)
    flush()
    local record = call("HGET", key_res, part_id(graph, from)) or ""
    todo.left = todo.left - math.floor(#record / 4096)
    local m = load_message(part.id)
    local ttl = m and tonumber(match(ttl_of(m), "^%d+")) or 0
    keep_part_result(part, state, ttl, match(record, "^%S+ %S+ %S+ (.*)$") or "SUCCESS + + +")
    if m then
      record_end(m, END_STATES[state], "replaced")
      remove_message(m)
      if state == PART_SUCCEEDED then note_success(m.entry) end
    end
    if state == PART_UNRUN then part.culprit = culprit end
    ends.part_ended(graph, part, state)
  end

  -- One edge out of `times` parts that ended in `state`, the first of them `from`.
  local function arrive(graph, name, kind, state, times, culprit, from)
    local part = part_at(part_id(graph, name))
    if not part then return end
    if kind == EDGE_REPLACE then
      if part.state == PART_WAITING and part.replaced ~= "+" then end_as(graph, part, from, state, culprit) end
      return
    end
    if part.state ~= PART_BLOCKED then return end
    -- Nothing has failed: an error callback was not needed, and what hangs on it is not, either.
    local is_unneeded = state == PART_UNRUN and culprit == "+"
    if is_unneeded and kind ~= EDGE_FAILURE then return end_unrun(graph, part, "+") end
    if state ~= PART_SUCCEEDED and not is_unneeded then
      if kind == EDGE_SUCCESS then return end_unrun(graph, part, culprit) end
      if kind == EDGE_FAILURE then return start_part(graph, part, culprit) end
    end
    local edges = (number_of(part.id) or 0) - times
    set_number(part.id, edges > 0 and edges)
    if edges > 0 then return end
    if kind == EDGE_FAILURE then return end_unrun(graph, part, "+") end
    start_part(graph, part, "+")
  end

  -- The ranges that a list cancels at the first failure, once in a turn of the graph.
  local function cancel_ranges(graph, list)
    local field = graph.id .. "#" .. list .. "!"
    local turn, ranges = match(call("HGET", key_list, field) or "", "^(%d+)(.*)$")
    if not turn or tonumber(turn) >= graph.turn then return end
    call("HSET", key_list, field, int(graph.turn) .. ranges)
    for from, to in string.gmatch(ranges, " (%d+) (%d+)") do
      todo.put(TODO_STOP, graph.id, { list = match(list, "^(.*)/[^/]*$"), name = from, other = to })
    end
  end

  -- Those that wait for no more edges than arrive now, as many as may begin.
  local function beginning(ids, times)
    local begin = {}
    for _, id in ipairs(ids) do
      if 2 * #begin >= todo.left then break end
      local part = part_at(id)
      if part and part.state == PART_BLOCKED and part.task ~= "+" and (number_of(id) or 0) <= times then begin[#begin + 1] = id end
    end
    return begin
  end

  -- Tells those who follow a part that has ended; whether all were told.
  local function follow_line(item, graph)
    if graph.state ~= GRAPH_RUNNING then return true end
    local is_well = item.how == PART_SUCCEEDED
    if item.first == 0 and item.second == 1 and not is_well then cancel_ranges(graph, item.list) end
    local times, culprit = is_well and tonumber(item.name) or 1, item.name
    while true do
      local edges = records.edges_of(graph, item.list, item.first)
      if not edges then return true end
      local size = #edges.names
      local to = math.min(size, item.second + todo.left - 1)
      if to > item.second then
        local ids = {}
        for at = item.second, to do ids[#ids + 1] = part_id(graph, edges.names[at]) end
        remember_parts(ids)
        records.remember_numbers(ids)
        remember_messages(beginning(ids, times))
      end
      while item.second <= size do
        if todo.left <= 0 then return false end
        todo.left = todo.left - 1
        arrive(graph, edges.names[item.second], edges.kinds[item.second], item.how, times, culprit, item.other)
        item.second = item.second + 1
      end
      if size < EDGES_IN_CHUNK then return true end
      item.first, item.second = item.first + 1, 1
    end
  end

  -- Parts that wait for nothing begin; whether all have.
  local function start_parts(item, graph)
    if graph.state ~= GRAPH_RUNNING then return true end
    local ids, is_all, entries, seconds = records.walk(item, graph, math.max(1, math.floor(todo.left / 2)))
    remember_parts(ids)
    records.remember_numbers(ids)
    local begin, places = {}, {}
    for index, id in ipairs(ids) do
      local part = part_at(id)
      if part and part.state == PART_BLOCKED and not number_of(id) then
        begin[#begin + 1] = id
        places[#begin] = index
      end
    end
    todo.left = todo.left - math.max(1, math.floor((#ids - #begin) / 2))
    local fits = remember_messages(begin)
    for index, id in ipairs(begin) do
      if todo.left <= 0 or index > fits then
        item.first, item.second = entries[places[index]], seconds[places[index]]
        return false
      end
      todo.left = todo.left - 1
      start_part(graph, part_at(id), "+", true)
    end
    return is_all
  end

  made_graphs = {
    end_unrun = end_unrun, start_part = start_part, end_as = end_as, follow_line = follow_line, start_parts = start_parts,
  }
  return made_graphs
end
