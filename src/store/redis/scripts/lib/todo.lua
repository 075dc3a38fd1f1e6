-- What follows from the ends of parts and is not done yet: in memory while a script runs, on key_todo between scripts.

local made_graph_todo = nil

local function graph_todo()
  if made_graph_todo then return made_graph_todo end
  -- left: steps that this script may still take, each an edge or a part of a whole graph; what costs more counts as several. Items from
  -- `head` to `tail` are to be done.
  -- dropped: parts and graphs that it has dropped.
  local todo = { left = FOLLOWED_AT_ONCE, items = {}, head = 1, tail = 0, dropped = 0 }

  -- A line: "<kind> <how> <list> <first> <second> <name> <other> <graph>". Of one that follows a list: the state in which a part has
  -- ended, the list, chunk and edge to go on with, the culprit, or of parts that have succeeded how many there are, and the first of
  -- them. Of one that goes over all parts: a number, "+", where it is (`walk`), two more numbers. Of one that stops a range: "+", what
  -- names of parts begin with, from and up to where ("+" all). Of a change to tell: state, name, and as the culprit how many parts.
  local LINE = "^(%a) (%S+) (%S+) (%d+) (%d+) (%S+) (%S+) (.*)$"

  local function line_of(item)
    return item.kind .. " " .. item.how .. " " .. item.list .. " " .. int(item.first) .. " " .. int(item.second) .. " " .. item.name
      .. " " .. item.other .. " " .. item.graph
  end

  function todo.read_line(line)
    local kind, how, list, first, second, name, other, graph = match(line, LINE)
    return {
      kind = kind or "", how = how, list = list, first = tonumber(first), second = tonumber(second), name = name, other = other,
      graph = graph or "",
    }
  end

  function todo.add(item)
    todo.tail = todo.tail + 1
    todo.items[todo.tail] = item
  end

  -- Behind all there is. What is not given is 0 or "+".
  function todo.put(kind, graph, given)
    call("RPUSH", key_todo, line_of({
      kind = kind, how = given.how or "+", list = given.list or "+", first = 0, second = 0, name = given.name or "0",
      other = given.other or "0", graph = graph,
    }))
    known_parts.any = true
  end

  -- What is left goes before all there is.
  function todo.leave()
    for index = todo.tail, todo.head, -1 do call("LPUSH", key_todo, line_of(todo.items[index])) end
    todo.items, todo.head, todo.tail = {}, 1, 0
  end

  made_graph_todo = todo
  return todo
end
