-- The waiters of a lock: joining them, and being granted a permit by ticket.
--
-- Whoever frees a permit calls `pass_on` before the script is over, so no lock with waiters has a permit to give.

local made_waiters = nil

-- All that only scripts that meet a lock need: a server makes each function anew at every call.
local function lock_waiters()
  if made_waiters then return made_waiters end
  local permit = permits()

  local function range_of(lock)
    return "[" .. lock .. " ", "(" .. lock .. "!"
  end

  -- Back into its queue, with a permit: among the first, since it keeps its age.
  local function unblock(m)
    leave_queue(m)
    m.state = STATE_QUEUED
    save(m)
    put_in_queue(m)
    unblocked[m.queue] = true
  end

  -- `request.since`: since when it waits. The number of the permit comes when a worker takes the task, or the process the permit:
  -- two runs of a task must not share one. A process that asks in this script fetches it at once.
  local function grant(request, ends_at, is_asking)
    work(100)
    request.status, request.ends_at = REQUEST_HOLDING, ends_at
    request.fence = "+"
    if is_asking and request.kind == KIND_PROCESS then
      permit.fetch_permit(request)
    else
      request.token = int(next_number()) .. "-" .. now_text
    end
    if request.kind == KIND_TASK then
      permit.note(EVENT_ACQUIRED, request)
      request.since = now
    end
    call("ZADD", key_permits, 0, permit.permit_position(request))
    permit.save_request(request)
  end

  -- Tells a process that it is offered a permit, and the next few of their turns to look whether it was fetched.
  local function tell_offer(request)
    local from, to = range_of(request.lock)
    local told = "*" .. request.id
    for _, position in ipairs(call("ZRANGEBYLEX", key_waiters, from, to, "LIMIT", 0, TOLD_OF_OFFER)) do
      local kind, id = match(position, "^%S+ %d+ (.)(.*)$")
      if kind == KIND_PROCESS then told = told .. " " .. id end
    end
    call("PUBLISH", arg_channels .. "ch:lock", told)
  end

  -- A process has not fetched its permit in time: it keeps its ticket for a while.
  local function pass_over(request)
    work(90)
    call("ZREM", key_permits, permit.permit_position(request))
    request.status, request.token, request.ends_at = REQUEST_ABSENT, "+", now + SKIPPED_MS
    call("ZADD", key_skipped, 0, lock_position(request.lock, request.ends_at, request.id))
    permit.save_request(request)
  end

  -- A process that was passed over waits again, at its old ticket.
  local function come_back(request)
    call("ZREM", key_skipped, lock_position(request.lock, request.ends_at, request.id))
    request.status, request.ends_at = REQUEST_WAITING, now + OFFER_MS
    call("ZADD", key_waiters, 0, lock_position(request.lock, tonumber(request.ticket), request.kind .. request.id))
    call("ZADD", key_alive, 0, lock_position(request.lock, request.ends_at, request.id))
    permit.save_request(request)
  end

  -- Grants a permit to one who waited; false when there is nobody any more.
  local function grant_waiter(request, asker)
    if not request or request.status ~= REQUEST_WAITING then return false end
    if request.kind == KIND_PROCESS then
      call("ZREM", key_alive, lock_position(request.lock, request.ends_at, request.id))
      -- A process that has not been heard of is passed over.
      if request.ends_at <= now then
        permit.note(EVENT_GAVE_UP, request)
        permit.drop_request(request)
        return false
      end
      grant(request, now + OFFER_MS, request.id == asker)
      if request.id ~= asker then tell_offer(request) end
      return true
    end
    local m = read_message(request.id, nil, call("HGET", key_state, request.id))
    if not m or m.state ~= STATE_BLOCKED then
      permit.drop_request(request)
      return false
    end
    grant(request, now + request.grant_ms)
    unblock(m)
    return true
  end

  local function schedule(lock, left_over)
    local from, to = range_of(lock)
    local first = call("ZRANGEBYLEX", key_permits, from, to, "LIMIT", 0, 1)[1]
    local at = left_over and now_text or first and match(first, "^%S+ (%d+)")
    if not at then
      local skipped = call("ZRANGEBYLEX", key_skipped, from, to, "LIMIT", 0, 1)[1]
      at = skipped and match(skipped, "^%S+ (%d+)")
    end
    if at and call("ZRANGEBYLEX", key_waiters, from, to, "LIMIT", 0, 1)[1] then
      call("ZADD", key_lockwake, at, lock)
      call("ZREM", key_lockend, lock)
      return
    end
    call("ZREM", key_lockwake, lock)
    if at then
      call("ZADD", key_lockend, at, lock)
    else
      call("ZREM", key_lockend, lock)
      call("HDEL", key_lock, lock)
    end
  end

  -- Of a lock that somebody holds or waits for, else false. One that was held alone gets all its records: every script but the
  -- fast paths begins here with a lock.
  local function capacity_of(lock)
    local text = call("HGET", key_lock, lock)
    local capacity, since, lease, fence, label, waiter = match(text or "", ALONE)
    if not capacity then return text end
    local request = permit.new_process_request(lock, waiter, capacity, tonumber(lease), label)
    request.status, request.since, request.ends_at = REQUEST_HOLDING, tonumber(since), since + lease
    request.token, request.fence = fence, fence
    call("HSET", key_lock, lock, capacity)
    call("ZADD", key_permits, 0, permit.permit_position(request))
    call("ZADD", key_lockend, int(request.ends_at), lock)
    permit.save_request(request)
    return capacity
  end

  -- Ends what has ended and gives what is free to the waiters. Gives whether there is room for a newcomer, or for `me`, who
  -- joins at an old ticket; and how many permits and tickets had ended. `asker`: a process that asks in this script, and so
  -- fetches what it has been given.
  local function hand_over(lock, me, asker)
    freed[lock] = nil
    local capacity = tonumber(capacity_of(lock) or "")
    if not capacity then return true, 0 end
    local from, to = range_of(lock)
    -- A claim goes on with the others.
    local bound = affordable(150)
    local ends = "(" .. lock .. " " .. format("%014.0f", now + 1)
    local ended = call("ZRANGEBYLEX", key_permits, from, ends, "LIMIT", 0, bound)
    for _, position in ipairs(ended) do
      local request = permit.request_of(lock, match(position, "^%S+ %d+ (.*)$"))
      if request and request.status == REQUEST_HOLDING and permit.permit_position(request) == position then
        if not permit.is_offered(request) then
          permit.release_request(request, EVENT_LOST)
        elseif request.id ~= asker then
          pass_over(request)
        end
      else
        call("ZREM", key_permits, position)
      end
    end
    local tickets = call("ZRANGEBYLEX", key_skipped, from, ends, "LIMIT", 0, bound)
    for _, position in ipairs(tickets) do
      local waiter = match(position, "^%S+ %d+ (.*)$")
      local request = waiter and permit.process_request(lock, waiter)
      if request and request.status == REQUEST_ABSENT then
        permit.release_request(request, EVENT_GAVE_UP)
      else
        call("ZREM", key_skipped, position)
      end
    end
    local free = capacity - call("ZLEXCOUNT", key_permits, from, to)
    local moves, first = 0, nil
    while free > 0 and moves < bound do
      first = call("ZRANGEBYLEX", key_waiters, from, to, "LIMIT", 0, 1)[1]
      if not first then break end
      if me and tonumber(me.ticket) < tonumber(match(first, "^%S+ (%d+) ") or 0) then
        -- Those behind get what else is free once this one has its permit.
        schedule(lock)
        freed[lock] = true
        return true, #ended + #tickets
      end
      call("ZREM", key_waiters, first)
      moves = moves + 1
      if grant_waiter(permit.request_of(lock, match(first, "^%S+ %d+ (.*)$")), asker) then free = free - 1 end
    end
    schedule(lock, #ended == bound or #tickets == bound or moves == bound)
    freed[lock] = nil
    return free > 0 and not first, #ended + #tickets
  end

  -- Whether a newcomer, or `me` as above, gets a permit at once. The newest caller's capacity counts.
  local function has_room(lock, capacity, me, asker)
    local before = capacity_of(lock)
    if not before then return true end
    if before ~= capacity then call("HSET", key_lock, lock, capacity) end
    return (hand_over(lock, me, asker))
  end

  -- A permit until `ends_at` when there is room, otherwise a place among the waiters, at its ticket.
  local function enter(request, capacity, room, ends_at)
    call("HSET", key_lock, request.lock, capacity)
    request.since = now
    if room then
      grant(request, ends_at, true)
    else
      request.status = REQUEST_WAITING
      permit.note(EVENT_WAITING, request)
      call("ZADD", key_waiters, 0, lock_position(request.lock, tonumber(request.ticket), request.kind .. request.id))
      if request.kind == KIND_PROCESS then
        call("ZADD", key_alive, 0, lock_position(request.lock, request.ends_at, request.id))
      end
      permit.save_request(request)
    end
    schedule(request.lock)
  end

  -- The request of a message for a lock that it has not waited for.
  local function new_task_request(id, word, label)
    local lock, _, _, grant_ms = match(word, LOCK_WORD)
    return {
      kind = KIND_TASK, id = id, key = key_tasklock, field = id, status = REQUEST_ABSENT, word = word, lock = lock,
      grant_ms = tonumber(grant_ms), ticket = "+", since = now, ends_at = now, token = "+", fence = "+", wait_deadline = "+",
      label = label,
    }
  end

  -- Asks for the lock of a message that is not blocked, at its old ticket when it had one.
  local function enter_task(request)
    local _, capacity, wait = match(request.word, LOCK_WORD)
    local is_new = request.ticket == "+"
    if is_new then
      request.ticket = int(next_number())
      if wait ~= "+" then request.wait_deadline = int(now + tonumber(wait)) end
    end
    enter(request, capacity, has_room(request.lock, capacity, not is_new and request or nil), now + request.grant_ms)
  end

  -- The holder of a permit by what it is called, nil when it has ended.
  local function holder_of(lock, name)
    local token, who = match(name, "^([^.]*)%.(%a.*)$")
    capacity_of(lock)
    local request = token and permit.request_of(lock, who)
    if not request or request.lock ~= lock or request.status ~= REQUEST_HOLDING or request.token ~= token then return nil end
    if request.ends_at > now then return request end
    freed[lock] = true
    return nil
  end

  -- Capacity, number of permits and of living waiters of a lock that was just handed over; nothing when there is none. What has
  -- ended and was left to a claim does not count.
  local function summary_of(lock)
    local capacity = call("HGET", key_lock, lock)
    if not capacity then return nil end
    local from, to = range_of(lock)
    local later_than_now = lock .. " " .. format("%014.0f", now + 1)
    local dead = call("ZLEXCOUNT", key_alive, from, "(" .. later_than_now)
    local held, waiting = call("ZLEXCOUNT", key_permits, "[" .. later_than_now, to), call("ZLEXCOUNT", key_waiters, from, to) - dead
    -- One of which only tickets are kept is held and waited for by nobody.
    if held + waiting > 0 then return capacity, held, waiting end
  end

  made_waiters = {
    range_of = range_of, capacity_of = capacity_of, hand_over = hand_over, has_room = has_room,
    enter = enter, new_task_request = new_task_request, enter_task = enter_task,
    holder_of = holder_of, come_back = come_back,
    summary_of = summary_of,
  }
  return made_waiters
end

-- What came free in this script goes to those who wait for it.
local function pass_on()
  local lock = next(freed)
  while lock do
    lock_waiters().hand_over(lock)
    lock = next(freed)
  end
end
