-- Graphs come in portions, and grow while they run.

local made_graph_growth = nil

local function graph_growth()
  if made_graph_growth then return made_graph_growth end
  local records, todo, ends = graph_records(), graph_todo(), part_ends()
  local part_id, number_of, set_number = records.part_id, records.number_of, records.set_number

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

  -- What parts of one kind have in common, "<template> <edges> <list> <takers> <inputs>": most parts are of few kinds.
  local function read_kind(text, templates)
    local position, edges, list, takers, inputs = match(text, "^(%S+) (%d+) (%S+) (%S+) (%S+)$")
    local template = templates[tonumber(position)]
    local fixed = PART_BLOCKED .. " + + " .. list .. " " .. takers .. " " .. inputs .. " "
    local kind = {
      list = list, edges = tonumber(edges), takers = tonumber(takers) or 0, template = template, record = fixed .. "+ + ",
    }
    if template then
      kind.record = fixed .. template.timing .. " " .. template.task
      kind.before = template.queue .. " " .. 9 - template.priority
      kind.behind = record_head(template.eta_text, template.max) .. template.entry
        .. record_tail(template.expires_text, template.ttl, template.task)
    end
    return kind
  end

  -- Stores those of the parts that are not known, two texts each: "<name> <kind>", and body or value. Gives their names, and the list of
  -- each.
  local function store_parts(graph, texts, templates)
    local ids, all_names, of_kinds, names, lists, kinds = {}, {}, {}, {}, {}, {}
    for index = 1, #texts, 2 do
      local at = #ids + 1
      all_names[at], of_kinds[at] = match(texts[index], "^(%S+) (.*)$")
      ids[at] = part_id(graph, all_names[at])
    end
    remember_parts(ids)
    known_parts.any = true
    for index, id in ipairs(ids) do
      if not part_at(id) then
        local name, text, kind = all_names[index], texts[index * 2], kinds[of_kinds[index]]
        if not kind then
          kind = read_kind(of_kinds[index], templates)
          kinds[of_kinds[index]] = kind
        end
        if kind.template then
          write_later("HSET", key_msg, id, kind.before .. format("%014.0f", next_number()) .. kind.behind .. text)
          local template = kind.template
          if template.rate then rates().keep_rate(id, template.rate) end
          if template.lane then keep_lane(template.queue, id, template.lane) end
          if template.lock then permits().save_request(lock_waiters().new_task_request(id, template.lock, template.task)) end
          graph.size = graph.size + 1
        else
          graph.joins = graph.joins + 1
        end
        -- Read again where this script has to do with it.
        write_later("HSET", key_part, id, kind.template and kind.record or kind.record .. text)
        known_parts.by_id[id] = nil
        if kind.edges > 0 then set_number(id, kind.edges) end
        if kind.takers > 0 then set_number("+" .. id, kind.takers) end
        names[#names + 1] = name
        lists[#names] = kind.list
        local compiled = tonumber(name)
        if compiled and compiled >= graph.compiled then graph.compiled = compiled + 1 end
      end
    end
    records.save_graph(graph)
    return names, lists
  end

  -- How many edges a chunk has.
  local function size_of(text)
    return select(2, string.gsub(text, "=", ""))
  end

  -- Adds edges behind those of a list, whose first chunk is `before`. What was brought before is known by its first edge.
  local function store_edges(graph, list, edges, before)
    local field, chunk, size = graph.id .. "#" .. list .. ".", 0, 0
    local first_edge = " " .. match(edges, "^%S+") .. " "
    while before do
      if string.find(" " .. before .. " ", first_edge, 1, true) then return end
      size = size_of(before)
      if size < EDGES_IN_CHUNK then break end
      chunk, size = chunk + 1, 0
      before = call("HGET", key_list, field .. chunk)
    end
    if size + size_of(edges) <= EDGES_IN_CHUNK then
      write_later("HSET", key_list, field .. chunk, before and before .. " " .. edges or edges)
    else
      local words = before and { before } or {}
      for edge in string.gmatch(edges, "%S+") do
        if size == EDGES_IN_CHUNK then
          write_later("HSET", key_list, field .. chunk, table.concat(words, " "))
          words, size, chunk = {}, 0, chunk + 1
        end
        words[#words + 1], size = edge, size + 1
      end
      write_later("HSET", key_list, field .. chunk, table.concat(words, " "))
    end
    graph.edges[list] = nil
  end

  -- Each is "<list> <name>=<edge> ...", or with the ranges that it cancels "<list>! <from> <to> ...".
  local function store_lists(graph, texts)
    local seen, names = {}, {}
    for index, text in ipairs(texts) do names[index] = graph.id .. "#" .. match(text, "^%S+") .. ".0" end
    local stored = fields(key_list, names)
    for index, text in ipairs(texts) do
      local list, rest_of = match(text, "^(%S+) (.*)$")
      local before = stored[names[index]]
      if seen[list] then
        flush()
        before = call("HGET", key_list, names[index])
      end
      seen[list] = true
      if string.sub(list, -1) ~= "!" then
        store_edges(graph, list, rest_of, before)
      else
        call("HSETNX", key_list, graph.id .. "#" .. list, "0 " .. rest_of)
      end
    end
    flush()
  end

  local function seal_graph(graph)
    graph.state, graph.ends_at, graph.turn = GRAPH_RUNNING, "+", 1
    records.save_graph(graph)
    call("ZREM", key_gend, graph.id)
    if records.is_over(graph) then return ends.close_graph(graph) end
    todo.add({ kind = TODO_START, how = "+", list = "+", first = 0, second = 0, name = "0", other = "0", graph = graph.id })
  end

  -- Those who were there, and follow new parts, wait for these, too.
  local function await_grown(graph, names, lists)
    local sizes, is_grown = {}, {}
    for index, name in ipairs(names) do
      local list = lists[index]
      sizes[list] = (sizes[list] or 0) + 1
      is_grown[name] = true
    end
    sizes["+"] = nil
    for list, size in pairs(sizes) do
      local chunk = 0
      repeat
        local edges = records.edges_of(graph, list, chunk)
        for index, name in ipairs(edges and edges.names or {}) do
          local target = edges.kinds[index] ~= EDGE_REPLACE and not is_grown[name] and part_at(part_id(graph, name))
          if target and target.state == PART_BLOCKED then set_number(target.id, (number_of(target.id) or 0) + size) end
        end
        chunk = chunk + 1
      until not edges or #edges.names < EDGES_IN_CHUNK
    end
  end

  local function add_values(graph, list, values)
    local field = graph.id .. "#" .. list .. "+"
    local number = tonumber(call("HGET", key_list, field) or 0)
    for _, value in ipairs(values) do
      local at = field .. math.floor(number / EDGES_IN_CHUNK)
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
    local names, lists = store_parts(graph, growth.parts, templates)
    store_lists(graph, growth.lists)
    await_grown(graph, names, lists)
    if growth.list ~= "" then add_values(graph, growth.list, growth.values) end
    if growth.output ~= "" then part.replaced = part.replaced .. growth.output end
    local prefix, own = match(names[1] or "", "^(.*)/[^/]*$"), records.name_in(graph, part.id)
    if prefix then
      records.add_grown(graph, prefix, #names)
      part.grown = prefix == own and "=" or prefix
    end
    records.save_part(part)
    todo.add({
      kind = TODO_START, how = "+", list = "+", first = prefix and graph.grown + 1 or 1, second = prefix and 0 or compiled, name = "0",
      other = "0", graph = graph.id,
    })
  end

  -- A message that is no part becomes one: that of a graph of its id.
  local function become_graph(m, ttl)
    local older = records.graph_at(m.id)
    if older then graph_portions().drop_older(older) end
    local graph = records.new_graph({
      id = m.id, state = GRAPH_RUNNING, created = now_text, ends_at = "+", saved = "", keep = int(ttl), size = 1, succeeded = 0,
      failed = 0, unrun = 0, joins = 0, compiled = 0, grown = 0, turn = 1, output = ".", name = m.task,
    })
    local part = read_part(m.id, PART_WAITING .. " + +;.;+ + + + + " .. m.task)
    known_parts.any = true
    known_parts.by_id[m.id] = part
    records.save_part(part)
    records.save_graph(graph)
    call("ZADD", key_gtime, int(next_number()), graph.id)
    ends.tell_change(graph)
    return part
  end

  made_graph_growth = {
    read_part_template = read_part_template, store_parts = store_parts, store_lists = store_lists, seal_graph = seal_graph,
    grow_graph = grow_graph, become_graph = become_graph,
  }
  return made_graph_growth
end
