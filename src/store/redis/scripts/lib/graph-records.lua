-- Graphs as they are stored, and what one script knows of them: each record is read once, changed here, and written when the
-- script has followed all that it follows. Inside a graph a part is named by what its id has behind "<graph>:", and "." is the
-- part that has the id of the graph itself: a message that replaced itself.

-- A part, in key_part: "<state> <ttl> <+ | culprit;replaced by;grown> <list> <takers> <inputs> <timing> <task>", and of a join, whose
-- task is "+", its value. ttl: ms for which a pinned result is kept once nobody needs it, "+" when it is not pinned. culprit: of one
-- that is unrun the part that failed, of an error callback the one that made it run; "!" of one that is blocked: it is an error
-- callback. grown: what names of parts begin with that grew from it, "=" its own. takers: parts that take its output, "+" where it
-- is kept until the graph has ended. inputs: those that it takes, parted by commas; "+" none, "-" more than are named. timing:
-- "<eta>,<expires>", ms from its release.

local PART = "^(%a) (%S+) (%S+) (.*)$"
local CHANGED_PART = "^([^;]*);([^;]*);(.*)$"
local FIXED_PART = "^(%S+) (%S+) (%S+) (%S+) (%S+)(.*)$"

-- A pinned result is kept until then.
local PINNED_UNTIL = 99999999999999

-- As store/contracts/graphs.ts has them.

local FOLLOWED_AT_ONCE = 300
local UNSEALED_MS = 3600000

-- Lists are stored in chunks of so many edges; one that has fewer is the last.

local EDGES_IN_CHUNK = 500

-- What one script knows. by_id: parts, false for none. changed: those that are to be written. fixed: what many parts have in common. ended: what
-- ended in this script and is to be followed: part, its state then, nil where it goes on, what grew from it, and `revokes` where its
-- graph is revoked by it. changes: graphs that it has brought into another state, as they are told: id, name, state and size of each, one
-- after another. any: whether there is any part; most stores have none, and one look tells.
local known_parts = { by_id = {}, changed = {}, fixed = {}, ended = {}, changes = {}, any = nil }

local function any_parts()
  if known_parts.any == nil then known_parts.any = call("EXISTS", key_part, key_todo) > 0 end
  return known_parts.any
end

local function read_part(id, text)
  local state, ttl, changed, fixed = match(text or "", PART)
  if not state then return false end
  local same = known_parts.fixed[fixed]
  if not same then
    local list, takers, inputs, timing, task, value = match(fixed, FIXED_PART)
    if not list then return false end
    same = {
      fixed = fixed, list = list, takers = takers, inputs = inputs, timing = timing, task = task, value = value, culprit = "+",
      replaced = "+", grown = "+",
    }
    same.__index = same
    known_parts.fixed[fixed] = same
  end
  local part = setmetatable({ id = id, state = state, ttl = ttl }, same)
  if changed ~= "+" then part.culprit, part.replaced, part.grown = match(changed, CHANGED_PART) end
  return part
end

local function part_at(id)
  if not any_parts() then return nil end
  local part = known_parts.by_id[id]
  if part == nil then
    part = read_part(id, call("HGET", key_part, id))
    known_parts.by_id[id] = part
  end
  return part or nil
end

-- Looks many parts up at once, for `part_at`.
local function remember_parts(ids)
  if not any_parts() then return end
  local missing, parts = {}, known_parts.by_id
  for _, id in ipairs(ids) do
    if parts[id] == nil then missing[#missing + 1] = id end
  end
  for id, text in pairs(fields(key_part, missing)) do parts[id] = read_part(id, text) end
end

local function is_open_part(part)
  return part.state == PART_BLOCKED or part.state == PART_WAITING
end

-- The part that a message is; nil: it is none. One that had replaced itself and has ended had its message: that which has its id now is
-- another.
local function part_of(id)
  local part = part_at(id)
  return part and (part.replaced == "+" or is_open_part(part)) and part or nil
end

-- Whether the message of a part waits for others: one that has not begun, has not ended well, or has replaced itself.
local function waits_for_parts(part)
  return part and (part.state ~= PART_WAITING or part.replaced ~= "+")
end

-- What the changes since the last look are; nil for none.
local function take_graph_changes()
  local changes = known_parts.changes
  known_parts.changes = {}
  return #changes > 0 and changes or nil
end

-- All that only scripts that meet a part need.
local made_graph_records = nil

local function graph_records()
  if made_graph_records then return made_graph_records end
  local sub, floor = string.sub, math.floor

  -- A graph, in key_graph: "<state> <created> <until> <keep> <size> <succeeded> <failed> <unrun> <joins> <compiled> <grown> <turn>
  -- <output> <name>". until: "+" while parts are open, and for ever where it was saved; keep: ms, behind "!" where it was saved.
  -- joins: those that have not ended. compiled: parts of names that are numbers; grown: runs of which others grew, each an entry
  -- in key_seg; turn: how often it has begun.
  local GRAPH = "^(%a) (%d+) (%S+) (!?)(%d+) (%d+) (%d+) (%d+) (%d+) (%d+) (%d+) (%d+) (%d+) (%S+) (.*)$"

  -- Fields of key_list: "<graph>#<key>.<chunk>" has "<part>=<edge> ...", "<graph>#<key>+<chunk>" a source a line, "<graph>#<key>+"
  -- their number; "<graph>#<key>!" "<turn> <from> <to> ...", ranges to cancel, and in which turn of the graph they last were. Of
  -- key_seg: "<graph>#<chunk>" has "<prefix> <count> ...".

  local known_graphs, changed_graphs = {}, {}
  -- Edges that are to arrive, and takers that are to come: field -> number, false for none.
  local numbers, changed_numbers = {}, {}

  -- What stands before and behind the name of a part in its id: an id that UTF-8 cannot carry is JSON, behind its mark.
  local function new_graph(graph)
    local is_json = string.byte(graph.id) == 1
    graph.before, graph.behind = (is_json and sub(graph.id, 1, -2) or graph.id) .. ":", is_json and '"' or ""
    graph.edges, graph.prefixes = {}, {}
    known_graphs[graph.id] = graph
    return graph
  end

  local function graph_at(id)
    local graph = known_graphs[id]
    if graph == nil then
      local state, created, ends_at, saved, keep, size, succeeded, failed, unrun, joins, compiled, grown, turn, output, name =
        match(call("HGET", key_graph, id) or "", GRAPH)
      if not state then
        known_graphs[id] = false
        return nil
      end
      graph = new_graph({
        id = id, state = state, created = created, ends_at = ends_at, saved = saved, keep = keep, size = tonumber(size),
        succeeded = tonumber(succeeded), failed = tonumber(failed), unrun = tonumber(unrun), joins = tonumber(joins),
        compiled = tonumber(compiled), grown = tonumber(grown), turn = tonumber(turn), output = output, name = name,
      })
    end
    return graph or nil
  end

  local function save_graph(graph)
    changed_graphs[graph.id] = graph
  end

  local function part_id(graph, name)
    if name == "." then return graph.id end
    return graph.before .. name .. graph.behind
  end

  local function name_in(graph, id)
    if id == graph.id then return "." end
    return sub(id, #graph.before + 1, -1 - #graph.behind)
  end

  local function graph_of(part)
    if sub(part.replaced, 1, 1) == "." then return graph_at(part.id) end
    local id = match(part.id, "^(.*):[^:]*$") or part.id
    return graph_at(string.byte(id) == 1 and id .. '"' or id)
  end

  local function save_part(part)
    known_parts.changed[part.id] = part
  end

  local function number_of(field)
    local number = numbers[field]
    if number == nil then
      number = tonumber(call("HGET", key_pend, field) or "") or false
      numbers[field] = number
    end
    return number
  end

  local function remember_numbers(names)
    local missing = {}
    for _, name in ipairs(names) do
      if numbers[name] == nil then missing[#missing + 1] = name end
    end
    for name, text in pairs(fields(key_pend, missing)) do numbers[name] = tonumber(text or "") or false end
  end

  -- False drops it.
  local function set_number(field, number)
    numbers[field] = number
    changed_numbers[field] = true
  end

  -- The edges of a chunk of a list: { names, kinds }, false for none.
  local function edges_of(graph, list, chunk)
    local chunks = graph.edges[list]
    if not chunks then
      chunks = {}
      graph.edges[list] = chunks
    end
    local edges = chunks[chunk]
    if edges == nil then
      local text = call("HGET", key_list, graph.id .. "#" .. list .. "." .. chunk)
      edges = text and { names = {}, kinds = {} }
      local size = 0
      for name, kind in string.gmatch(text or "", "([^ =]+)=(%a)") do
        size = size + 1
        edges.names[size], edges.kinds[size] = name, kind
      end
      chunks[chunk] = edges
    end
    return edges
  end

  -- What grew from one run: what their names begin with, how many.
  local function grown_from(graph, index)
    local chunk = floor((index - 1) / EDGES_IN_CHUNK)
    local words = graph.prefixes[chunk]
    if words == nil then
      words = {}
      for word in string.gmatch(call("HGET", key_seg, graph.id .. "#" .. chunk) or "", "%S+") do words[#words + 1] = word end
      graph.prefixes[chunk] = words
    end
    local at = (index - 1) % EDGES_IN_CHUNK * 2
    return words[at + 1] or "", tonumber(words[at + 2] or 0)
  end

  local function add_grown(graph, prefix, count)
    local chunk = floor(graph.grown / EDGES_IN_CHUNK)
    local before = call("HGET", key_seg, graph.id .. "#" .. chunk)
    graph.grown = graph.grown + 1
    call("HSET", key_seg, graph.id .. "#" .. chunk, (before and before .. " " or "") .. prefix .. " " .. count)
    graph.prefixes[chunk] = nil
    save_graph(graph)
  end

  -- Ids of the next parts of a graph, at most `most`, whether these were the last, and the entry and the part in it of each. `item`
  -- says where it is: in entry 0 the part that is the graph, in 1 those that were compiled, then what key_seg has.
  local function walk(item, graph, most)
    local ids, entries, seconds, steps = {}, {}, {}, 0
    local function take(name)
      local size = #ids + 1
      ids[size], entries[size], seconds[size] = part_id(graph, name), item.first, item.second
    end
    while #ids < most and steps < 2 * most + 2 do
      if item.first == 0 then
        if graph.output == "." then take(".") end
        item.first, item.second = 1, 0
      elseif item.first == 1 then
        if item.second >= graph.compiled then
          item.first, item.second = 2, 0
        else
          take(int(item.second))
          item.second = item.second + 1
        end
      elseif item.first - 1 > graph.grown then
        return ids, true, entries, seconds
      else
        local prefix, size = grown_from(graph, item.first - 1)
        if item.second >= size then
          item.first, item.second = item.first + 1, 0
        else
          take(prefix .. "/" .. int(item.second))
          item.second = item.second + 1
        end
      end
      steps = steps + 1
    end
    return ids, false, entries, seconds
  end

  -- Where a walk begins that goes on behind a part; "" for the first.
  local function behind(graph, name)
    local number = tonumber(name)
    if name == "" then return { first = 0, second = 0 } end
    if name == "." or number then return { first = 1, second = (number or -1) + 1 } end
    local prefix, second = match(name, "^(.*)/(%d+)$")
    for index = 1, graph.grown do
      if grown_from(graph, index) == prefix then return { first = index + 1, second = second + 1 } end
    end
    return { first = graph.grown + 2, second = 0 }
  end

  local function forget_graph(graph)
    call("HDEL", key_graph, graph.id)
    changed_graphs[graph.id], known_graphs[graph.id] = nil, false
  end

  local function is_over(graph)
    return graph.joins == 0 and graph.size == graph.succeeded + graph.failed + graph.unrun and graph.state ~= GRAPH_OPEN
  end

  -- Whether anybody is told of it: it is not being dropped, and not to be.
  local function is_known(graph)
    return graph and graph.state ~= GRAPH_DROPPED and (tonumber(graph.ends_at) or math.huge) > now
  end

  local function part_text(part)
    local changed = part.culprit .. ";" .. part.replaced .. ";" .. part.grown
    return part.state .. " " .. part.ttl .. " " .. (changed == "+;+;+" and "+" or changed) .. " " .. part.fixed
  end

  local function graph_text(graph)
    return graph.state .. " " .. graph.created .. " " .. graph.ends_at .. " " .. graph.saved .. graph.keep .. " " .. int(graph.size) .. " "
      .. int(graph.succeeded) .. " " .. int(graph.failed) .. " " .. int(graph.unrun) .. " " .. int(graph.joins) .. " "
      .. int(graph.compiled) .. " " .. int(graph.grown) .. " " .. int(graph.turn) .. " " .. graph.output .. " " .. graph.name
  end

  -- Writes what has changed.
  local function save_all()
    local texts, size, dropped = {}, 0, {}
    for id, part in pairs(known_parts.changed) do
      texts[size + 1], texts[size + 2] = id, part_text(part)
      size = size + 2
    end
    many("HSET", key_part, texts)
    texts, size = {}, 0
    for field in pairs(changed_numbers) do
      local number = numbers[field]
      if number then
        texts[size + 1], texts[size + 2] = field, int(number)
        size = size + 2
      else
        dropped[#dropped + 1] = field
      end
    end
    many("HSET", key_pend, texts)
    many("HDEL", key_pend, dropped)
    for id, graph in pairs(changed_graphs) do call("HSET", key_graph, id, graph_text(graph)) end
    known_parts.changed, changed_numbers, changed_graphs = {}, {}, {}
  end

  made_graph_records = {
    new_graph = new_graph, graph_at = graph_at, save_graph = save_graph, part_id = part_id, name_in = name_in,
    graph_of = graph_of, save_part = save_part, number_of = number_of, remember_numbers = remember_numbers,
    set_number = set_number, edges_of = edges_of, add_grown = add_grown, walk = walk, behind = behind, is_over = is_over,
    is_known = is_known, graph_text = graph_text, save_all = save_all, forget_graph = forget_graph,
  }
  return made_graph_records
end

-- Adds what is told of a graph: its record, and the value of its output where that is a join; "" for none.
local function told_graph(id, reply)
  local records = graph_records()
  local graph = records.graph_at(id)
  local size = #reply
  if not records.is_known(graph) then
    reply[size + 1], reply[size + 2] = "", ""
    return
  end
  local output = part_at(records.part_id(graph, graph.output))
  reply[size + 1], reply[size + 2] = records.graph_text(graph), output and string.sub(output.value, 2) or ""
end
