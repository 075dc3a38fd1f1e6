-- Who holds a permit of a lock, or waits for it: processes, and tasks.

local requests = {}
-- Locks of which a permit may have come free, or ends sooner than was thought.
local freed = {}
-- Whether any message has a lock: most stores have none, and one look tells.
local any_task_lock = nil

local made_permits = nil

-- All that only scripts that meet a lock need: a server makes each function anew at every call.
local function permits()
  if made_permits then return made_permits end

  local function remember_task_requests(ids)
    for id, text in pairs(fields(key_tasklock, ids)) do
      if requests[KIND_TASK .. id] == nil then requests[KIND_TASK .. id] = read_request(KIND_TASK, id, key_tasklock, id, text) end
    end
  end

  local function stored_request(kind, id, key, field)
    local request = requests[kind .. field]
    if request == nil then
      request = read_request(kind, id, key, field, call("HGET", key, field))
      requests[kind .. field] = request
    end
    return request or nil
  end

  local function task_request(id)
    return stored_request(KIND_TASK, id, key_tasklock, id)
  end

  local function process_request(lock, waiter)
    return stored_request(KIND_PROCESS, waiter, key_processlock, lock .. " " .. waiter)
  end

  -- The request of a process that is new to a lock. `grant_ms`: how long a permit lasts that it gets.
  local function new_process_request(lock, waiter, capacity, grant_ms, label)
    return {
      kind = KIND_PROCESS, id = waiter, key = key_processlock, field = lock .. " " .. waiter, lock = lock,
      word = lock .. "," .. capacity .. ",+," .. int(grant_ms), grant_ms = grant_ms, ticket = "+",
      ends_at = now + grant_ms, token = "+", fence = "+", wait_deadline = "+", label = label,
    }
  end

  -- By the last part of a position; nil for one that nobody of us wrote.
  local function request_of(lock, who)
    if not who then return nil end
    local id = string.sub(who, 2)
    if string.sub(who, 1, 1) == KIND_TASK then return task_request(id) end
    return process_request(lock, id)
  end

  local function save_request(request)
    if request.kind == KIND_TASK then any_task_lock = true end
    requests[request.kind .. request.field] = request
    call("HSET", request.key, request.field, request_text(request.status, request.word, request.ticket, int(request.since),
      request.ends_at, request.token, request.fence, request.wait_deadline, request.label))
  end

  local function drop_request(request)
    requests[request.kind .. request.field] = false
    call("HDEL", request.key, request.field)
  end

  local function permit_position(request)
    return lock_position(request.lock, request.ends_at, request.kind .. request.id)
  end

  local function permit_token(request)
    return request.token .. "." .. request.kind .. request.id
  end

  -- A row of the history. What ends counts from `since`: a permit from its grant, a wait from its beginning.
  local function note(event, request)
    local took = event == EVENT_WAITING and "+" or int(math.max(0, now - request.since))
    call("XADD", key_locklog, "MAXLEN", "~", LOCK_HISTORY_ROWS, "*", "row",
      event_text(event, request.kind, request.fence, took, request.lock, request.label, request.id))
  end

  -- Whether a process has been given a permit and has not fetched it.
  local function is_offered(request)
    return request.kind == KIND_PROCESS and request.status == REQUEST_HOLDING and request.fence == "+"
  end

  -- The end of a permit.
  local function set_end(request, ends_at)
    if ends_at == request.ends_at then return end
    if ends_at < request.ends_at then freed[request.lock] = true end
    call("ZREM", key_permits, permit_position(request))
    request.ends_at = ends_at
    call("ZADD", key_permits, 0, permit_position(request))
  end

  -- Microseconds of the clock: so a number also grows where the last write was lost.
  local function next_fence()
    local last = call("GET", key_fence)
    if not last then begin_store() end
    local fence = int(math.max(tonumber(last or 0) + 1, now * 1000))
    call("SET", key_fence, fence)
    return fence
  end

  -- The number of the permit of a message that a worker has now, up to the end of its lease; nil: it has none.
  local function use_permit(request, lease_end)
    if request.status ~= REQUEST_HOLDING then return nil end
    set_end(request, lease_end)
    if request.fence == "+" then request.fence = next_fence() end
    save_request(request)
    return request.fence
  end

  -- A process fetches the permit that it was given: its number from now on.
  local function fetch_permit(request)
    if request.fence ~= "+" then return end
    request.fence = next_fence()
    request.token = request.fence
    note(EVENT_ACQUIRED, request)
    request.since = now
  end

  -- Keeps the permit for the message while nobody has it. The next worker gets a number of its own.
  local function reserve_permit(id)
    local request = task_request(id)
    if not request or request.status ~= REQUEST_HOLDING then return end
    set_end(request, now + request.grant_ms)
    request.fence = "+"
    save_request(request)
  end

  -- Ends a permit, which is `event` in the history unless it has ended by itself, or a wait. A process is done with the lock
  -- then; a task keeps its ticket, in case it comes back.
  local function release_request(request, event)
    if request.status == REQUEST_HOLDING then
      work(90)
      call("ZREM", key_permits, permit_position(request))
      note(is_offered(request) and EVENT_GAVE_UP or request.ends_at <= now and EVENT_LOST or event, request)
    elseif request.status == REQUEST_WAITING then
      work(50)
      call("ZREM", key_waiters, lock_position(request.lock, tonumber(request.ticket), request.kind .. request.id))
      if request.kind == KIND_PROCESS then call("ZREM", key_alive, lock_position(request.lock, request.ends_at, request.id)) end
      note(EVENT_GAVE_UP, request)
    elseif request.kind == KIND_PROCESS then
      work(50)
      call("ZREM", key_skipped, lock_position(request.lock, request.ends_at, request.id))
      note(EVENT_GAVE_UP, request)
    else
      return
    end
    freed[request.lock] = true
    if request.kind == KIND_PROCESS then return drop_request(request) end
    request.status, request.token, request.fence = REQUEST_ABSENT, "+", "+"
    save_request(request)
  end

  -- The permit of a message whose worker fell silent.
  local function lose_permit(id)
    local request = task_request(id)
    if request and request.status == REQUEST_HOLDING then release_request(request, EVENT_LOST) end
  end

  -- A message that ends, or starts anew, gives up its ticket, too. It keeps its lock.
  local function release_ticket(id)
    local request = task_request(id)
    if not request or request.ticket == "+" then return request end
    release_request(request, EVENT_RELEASED)
    request.ticket, request.wait_deadline = "+", "+"
    save_request(request)
    return request
  end

  local function forget_request(id)
    local request = release_ticket(id)
    if request then drop_request(request) end
  end

  made_permits = {
    permit_token = permit_token, note = note,
    remember_task_requests = remember_task_requests, task_request = task_request,
    process_request = process_request, new_process_request = new_process_request,
    request_of = request_of, save_request = save_request,
    drop_request = drop_request, is_offered = is_offered, fetch_permit = fetch_permit, permit_position = permit_position, set_end = set_end,
    next_fence = next_fence, use_permit = use_permit, reserve_permit = reserve_permit,
    release_request = release_request, lose_permit = lose_permit, release_ticket = release_ticket,
    forget_request = forget_request,
  }
  return made_permits
end

local function any_task_locks()
  if any_task_lock == nil then any_task_lock = call("EXISTS", key_tasklock) == 1 end
  return any_task_lock
end

-- Looks many messages up at once, for `task_request`.
local function remember_task_requests(ids)
  if any_task_locks() then permits().remember_task_requests(ids) end
end

-- The lock request of a message, nil when it has no lock.
local function task_request(id)
  return any_task_locks() and permits().task_request(id) or nil
end
