-- Who stands in the line of a lock or holds a permit of it: processes, and tasks.
--
-- key_tlock  id of a message with a lock -> its standing ;  key_plock  "<lock> <waiter>" -> that of a process:
--            "<w|h|a> <lock word> <turn> <since> <until> <unique> <fence> <give up> <label>"; w in line, h holds a permit,
--            a neither; "+" for a turn or fence that it has not. Label, lock and waiter are escaped.
-- lock word  "<lock>,<capacity>,<wait timeout>,<ms a permit may lie unused>"
-- key_lock   lock -> capacity, while somebody holds it or stands in line. A process that took it when it was free holds it
--            alone until somebody else comes or looks: "<capacity> <since> <ms of the permit> <fence> <label> <waiter>" is
--            then all that there is of it, and `capacity_of` (lib/line.lua) gives it the places below.
-- key_perm   "<lock> <until> <t|p><id>" of every permit, score 0 ;  key_line  "<lock> <turn> <t|p><id>" of all in line
-- key_alive  "<lock> <until> <waiter>" of every process in line
-- key_locklog "<w waiting|a acquired|r released|l lost|b broken|g gave up> <t|p> <fence> <at> <ms waited or held> <lock>
--            <label> <id>" of what happened, about ten thousand newest
-- Instants and turns in members have fourteen digits: the order of text is theirs.
-- A permit is "<unique>.<t|p><id>" to those who hold it.

local STANDING = "^(%a) (%S+) (%S+) (%d+) (%d+) (%S+) (%S+) (%S+) (.*)$"
local ALONE = "^(%d+) (%d+) (%d+) (%d+) (%S+) (%S+)$"
local LOCK_WORD = "^([^ ,]+),(%d+),([^ ,]+),(%d+)$"

local contenders = {}
-- Locks of which a permit may have come free, or ends sooner than was thought.
local freed = {}
-- Whether any message has a lock: most stores have none, and one look tells.
local any_task_lock = nil

local made_permits = nil

-- All that only scripts that meet a lock need: a server makes each function anew at every call.
local function permits()
  if made_permits then return made_permits end

  local function place_text(lock, number, who)
    return lock .. " " .. format("%014.0f", number) .. " " .. who
  end

  local function read_standing(kind, id, key, field, text)
    local standing, word, turn, since, till, unique, fence, give_up, label = match(text or "", STANDING)
    local lock, _, _, grant = match(word or "", LOCK_WORD)
    if not lock then return false end
    return {
      kind = kind, id = id, key = key, field = field, standing = standing, word = word, lock = lock,
      grant = tonumber(grant), turn = turn, since = tonumber(since), till = tonumber(till), unique = unique,
      fence = fence, give_up = give_up, label = label,
    }
  end

  local function remember_task_contenders(ids)
    for id, text in pairs(fields(key_tlock, ids)) do
      if contenders["t" .. id] == nil then contenders["t" .. id] = read_standing("t", id, key_tlock, id, text) end
    end
  end

  local function contender(kind, id, key, field)
    local c = contenders[kind .. field]
    if c == nil then
      c = read_standing(kind, id, key, field, call("HGET", key, field))
      contenders[kind .. field] = c
    end
    return c or nil
  end

  local function task_contender(id)
    return contender("t", id, key_tlock, id)
  end

  local function process_contender(lock, waiter)
    return contender("p", waiter, key_plock, lock .. " " .. waiter)
  end

  -- The standing of a process that is new to a lock. `grant_ms`: how long a permit lasts that it gets.
  local function new_process_contender(lock, waiter, capacity, grant_ms, label)
    return {
      kind = "p", id = waiter, key = key_plock, field = lock .. " " .. waiter, lock = lock,
      word = lock .. "," .. capacity .. ",+," .. int(grant_ms), grant = grant_ms, turn = "+",
      till = now + grant_ms, unique = "+", fence = "+", give_up = "+", label = label,
    }
  end

  -- By the last part of a place; nil for a place that nobody of us wrote.
  local function contender_of(lock, who)
    if not who then return nil end
    local id = string.sub(who, 2)
    if string.sub(who, 1, 1) == "t" then return task_contender(id) end
    return process_contender(lock, id)
  end

  local function save_contender(c)
    if c.kind == "t" then any_task_lock = true end
    contenders[c.kind .. c.field] = c
    call("HSET", c.key, c.field, c.standing .. " " .. c.word .. " " .. c.turn .. " " .. int(c.since) .. " "
      .. int(c.till) .. " " .. c.unique .. " " .. c.fence .. " " .. c.give_up .. " " .. c.label)
  end

  local function drop_contender(c)
    contenders[c.kind .. c.field] = false
    call("HDEL", c.key, c.field)
  end

  local function permit_place(c)
    return place_text(c.lock, c.till, c.kind .. c.id)
  end

  local function token_of(c)
    return c.unique .. "." .. c.kind .. c.id
  end

  -- A row of the history. What ends counts from `since`: a permit from its grant, a wait from its beginning.
  local function note(event, c)
    local took = event == "w" and "+" or int(math.max(0, now - c.since))
    call("XADD", key_locklog, "MAXLEN", "~", 10000, "*", "e", event .. " " .. c.kind .. " " .. c.fence .. " " .. now_text .. " "
      .. took .. " " .. c.lock .. " " .. c.label .. " " .. c.id)
  end

  -- The end of a permit.
  local function set_till(c, till)
    if till == c.till then return end
    if till < c.till then freed[c.lock] = true end
    call("ZREM", key_perm, permit_place(c))
    c.till = till
    call("ZADD", key_perm, 0, permit_place(c))
  end

  -- Microseconds of the clock: so a number also grows where the last write was lost.
  local function next_fence()
    local fence = int(math.max(tonumber(call("GET", key_fence) or 0) + 1, now * 1000))
    call("SET", key_fence, fence)
    return fence
  end

  -- The number of the permit of a message that a worker has now, up to the end of its lease; nil: it has none.
  local function use_permit(c, lease_end)
    if c.standing ~= "h" then return nil end
    set_till(c, lease_end)
    if c.fence == "+" then c.fence = next_fence() end
    save_contender(c)
    return c.fence
  end

  -- Keeps the permit for the message while nobody has it. The next worker gets a number of its own.
  local function reserve_permit(id)
    local c = task_contender(id)
    if not c or c.standing ~= "h" then return end
    set_till(c, now + c.grant)
    c.fence = "+"
    save_contender(c)
  end

  -- Takes a permit away, in the history as `event` unless it has ended by itself. A task keeps its turn, in case it comes
  -- back.
  local function end_permit(c, event)
    work(90)
    call("ZREM", key_perm, permit_place(c))
    note(c.till <= now and "l" or event, c)
    freed[c.lock] = true
    if c.kind == "p" then return drop_contender(c) end
    c.standing, c.unique, c.fence = "a", "+", "+"
    save_contender(c)
  end

  -- Out of the line, without a permit.
  local function leave_line(c)
    work(50)
    call("ZREM", key_line, place_text(c.lock, tonumber(c.turn), c.kind .. c.id))
    freed[c.lock] = true
    note("g", c)
    if c.kind == "p" then
      call("ZREM", key_alive, place_text(c.lock, c.till, c.id))
      return drop_contender(c)
    end
    c.standing = "a"
  end

  -- The permit of a message whose worker fell silent.
  local function lose_permit(id)
    local c = task_contender(id)
    if c and c.standing == "h" then end_permit(c, "l") end
  end

  -- A message that ends, or starts anew, gives up permit and turn. It keeps its lock.
  local function forsake(id)
    local c = task_contender(id)
    if not c or c.turn == "+" then return c end
    if c.standing == "h" then
      end_permit(c, "r")
    elseif c.standing == "w" then
      leave_line(c)
    end
    c.turn, c.give_up = "+", "+"
    save_contender(c)
    return c
  end

  local function forget_lock(id)
    local c = forsake(id)
    if c then drop_contender(c) end
  end

  made_permits = {
    token_of = token_of, note = note,
    place_text = place_text, remember_task_contenders = remember_task_contenders, task_contender = task_contender,
    process_contender = process_contender, new_process_contender = new_process_contender,
    contender_of = contender_of, save_contender = save_contender,
    drop_contender = drop_contender, permit_place = permit_place, set_till = set_till,
    next_fence = next_fence, use_permit = use_permit, reserve_permit = reserve_permit,
    end_permit = end_permit, leave_line = leave_line, lose_permit = lose_permit,
    forsake = forsake, forget_lock = forget_lock,
  }
  return made_permits
end

local function any_task_locks()
  if any_task_lock == nil then any_task_lock = call("EXISTS", key_tlock) == 1 end
  return any_task_lock
end

-- Looks many messages up at once, for `task_contender`.
local function remember_task_contenders(ids)
  if any_task_locks() then permits().remember_task_contenders(ids) end
end

-- The standing of a message, nil when it has no lock.
local function task_contender(id)
  return any_task_locks() and permits().task_contender(id) or nil
end
