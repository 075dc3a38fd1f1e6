-- What follows when something ends or comes free.

-- What a step of work for graphs costs, about, and how many a script takes in any case: however much else there is, graphs go on.

local STEP_COST = 10
local LEAST_STEPS = 40

local made_graph_work = nil

local function graph_work()
  if made_graph_work then return made_graph_work end
  local records, todo, ends = graph_records(), graph_todo(), part_ends()

  -- What ended in this step, and what grew in it.
  local function follow_ended()
    local index = 1
    while known_parts.ended[index] do
      local ended = known_parts.ended[index]
      local graph = records.graph_of(ended.part)
      if graph and ended.revokes then ends.revoke_own_graph(graph, ended.revokes.terminate) end
      if graph and ended.growth then graph_growth().grow_graph(graph, ended.part, ended.growth) end
      if graph and ended.state and is_open_part(ended.part) then ends.part_ended(graph, ended.part, ended.state) end
      index = index + 1
    end
    known_parts.ended = {}
  end

  -- Does a part of what a line says; whether that was all.
  local function work_on(item)
    local kind = item.kind
    if kind == TODO_TELL then
      todo.left = todo.left - 1
      ends.tell_change({ id = item.graph, name = item.list, state = item.how, size = tonumber(item.name) or 0 })
      return true
    end
    local graph = records.graph_at(item.graph)
    if not graph or (graph.state == GRAPH_DROPPED) ~= (kind == TODO_DROP) then return true end
    if kind == TODO_FOLLOW then return graphs().follow_line(item, graph) end
    if kind == TODO_START then return graphs().start_parts(item, graph) end
    local portions = graph_portions()
    if kind == TODO_CANCEL then return portions.cancel_parts(item, graph) end
    if kind == TODO_STOP then return portions.cancel_range(item, graph) end
    if kind == TODO_RESUME then return portions.resume_parts(item, graph) end
    if kind == TODO_UNPIN then return portions.unpin_parts(item, graph) end
    if kind == TODO_PIN then return portions.pin_parts(item, graph) end
    if kind == TODO_DROP then return portions.drop_parts(item, graph) end
    return true
  end

  -- What ended in this step tells those who follow, then what steps before have left goes on, as far as one step goes.
  local function go_on()
    follow_ended()
    local taken = FOLLOWED_AT_ONCE - todo.left
    local later_left = todo.left - math.min(todo.left, math.max(affordable(STEP_COST, 0.5), LEAST_STEPS - taken))
    todo.left = todo.left - later_left
    while todo.left > 0 do
      if todo.head > todo.tail then
        local line = call("LPOP", key_todo)
        if not line then break end
        todo.add(todo.read_line(line))
      end
      if work_on(todo.items[todo.head]) then
        todo.items[todo.head] = nil
        todo.head = todo.head + 1
      end
      follow_ended()
    end
    todo.leave()
    records.save_all()
    todo.left = todo.left + later_left
    work(STEP_COST * (FOLLOWED_AT_ONCE - todo.left - taken))
  end

  -- For the next claim to tell: the reply of this script has no place for it.
  local function leave_changes()
    local changes = known_parts.changes
    for index = 1, #changes, 4 do
      todo.put(TODO_TELL, changes[index], { list = changes[index + 1], how = changes[index + 2], name = changes[index + 3] })
    end
    known_parts.changes = {}
  end

  made_graph_work = { go_on = go_on, leave_changes = leave_changes }
  return made_graph_work
end

-- What follows from ended runs, ended parts and freed permits, until nothing follows any more: a released run may take a permit.
local function follow_up()
  repeat
    pass_on()
    pass_keys()
    release_buffered_runs()
    if any_parts() then graph_work().go_on() end
  until not next(freed) and not next(freed_keys) and #ended_entries == 0 and #known_parts.ended == 0
end

-- The end of a script whose reply has no place for changes of graphs.
local function leave_graph_changes()
  if #known_parts.changes > 0 then graph_work().leave_changes() end
end
