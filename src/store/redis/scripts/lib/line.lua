-- The line of a lock: joining it, and being granted a permit when the turn comes.
--
-- key_lockwake  lock with a line -> when its next permit ends, or sooner ;  key_lockend  the same of those without a line
-- Whoever frees a permit calls `pass_on` before the script is over, so no lock with a line has a permit to give.

local made_line = nil

-- All that only scripts that meet a lock need: a server makes each function anew at every call.
local function lock_line()
  if made_line then return made_line end
  local permit = permits()

  local function range_of(lock)
    return "[" .. lock .. " ", "(" .. lock .. "!"
  end

  -- Back into its queue, with a permit: among the first, since it keeps its age.
  local function unpark(m)
    leave_queue(m)
    m.place = "w"
    save(m)
    line_up(m)
    unparked[m.queue] = true
  end

  -- `c.since`: since when it waits.
  local function grant(c, till)
    work(100)
    c.standing, c.till = "h", till
    -- A task gets its number when a worker takes it: two runs of it must not share one.
    if c.kind == "p" then
      c.fence = permit.next_fence()
      c.unique = c.fence
    else
      c.fence, c.unique = "+", int(next_number()) .. "-" .. now_text
    end
    permit.note("a", c)
    c.since = now
    call("ZADD", key_perm, 0, permit.permit_place(c))
    permit.save_contender(c)
  end

  -- Grants a permit to one who was in line; false when there is nobody any more.
  local function grant_in_line(c)
    if not c or c.standing ~= "w" then return false end
    if c.kind == "p" then
      call("ZREM", key_alive, permit.place_text(c.lock, c.till, c.id))
      -- A process that has not been heard of is passed over.
      if c.till <= now then
        permit.note("g", c)
        permit.drop_contender(c)
        return false
      end
      grant(c, now + c.grant)
      call("PUBLISH", arg_channels .. "ch:lock", "%" .. c.id)
      return true
    end
    local m = read_message(c.id, nil, call("HGET", key_state, c.id))
    if not m or m.place ~= "p" then
      permit.drop_contender(c)
      return false
    end
    grant(c, now + c.grant)
    unpark(m)
    return true
  end

  local function schedule(lock, left_over)
    local from, to = range_of(lock)
    local first = call("ZRANGEBYLEX", key_perm, from, to, "LIMIT", 0, 1)[1]
    local at = left_over and now_text or first and match(first, "^%S+ (%d+)")
    if at and call("ZRANGEBYLEX", key_line, from, to, "LIMIT", 0, 1)[1] then
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

  -- Of a lock that somebody holds or stands in line for, else false. One that was held alone gets its places: every script
  -- but the fast paths begins here with a lock.
  local function capacity_of(lock)
    local text = call("HGET", key_lock, lock)
    local capacity, since, lease, fence, label, waiter = match(text or "", ALONE)
    if not capacity then return text end
    local c = permit.new_process_contender(lock, waiter, capacity, tonumber(lease), label)
    c.standing, c.since, c.till, c.unique, c.fence = "h", tonumber(since), since + lease, fence, fence
    call("HSET", key_lock, lock, capacity)
    call("ZADD", key_perm, 0, permit.permit_place(c))
    call("ZADD", key_lockend, int(c.till), lock)
    permit.save_contender(c)
    return capacity
  end

  -- Ends what has ended and gives what is free to those in line. Gives whether there is room for a newcomer, or for `me`, who
  -- joins the line at an old turn; and how many permits had ended.
  local function hand_over(lock, me)
    freed[lock] = nil
    local capacity = tonumber(capacity_of(lock) or "")
    if not capacity then return true, 0 end
    local from, to = range_of(lock)
    -- A claim goes on with the others.
    local bound = affordable(150)
    local ended = call("ZRANGEBYLEX", key_perm, from, "(" .. lock .. " " .. format("%014.0f", now + 1), "LIMIT", 0, bound)
    for _, place in ipairs(ended) do
      local c = permit.contender_of(lock, match(place, "^%S+ %d+ (.*)$"))
      if c and c.standing == "h" and permit.permit_place(c) == place then
        permit.end_permit(c, "l")
      else
        call("ZREM", key_perm, place)
      end
    end
    local free = capacity - call("ZLEXCOUNT", key_perm, from, to)
    local moves, first = 0, nil
    while free > 0 and moves < bound do
      first = call("ZRANGEBYLEX", key_line, from, to, "LIMIT", 0, 1)[1]
      if not first then break end
      if me and tonumber(me.turn) < tonumber(match(first, "^%S+ (%d+) ") or 0) then
        -- Those behind get what else is free once this one has its permit.
        schedule(lock)
        freed[lock] = true
        return true, #ended
      end
      call("ZREM", key_line, first)
      moves = moves + 1
      if grant_in_line(permit.contender_of(lock, match(first, "^%S+ %d+ (.*)$"))) then free = free - 1 end
    end
    schedule(lock, #ended == bound or moves == bound)
    freed[lock] = nil
    return free > 0 and not first, #ended
  end

  -- Whether a newcomer, or `me` as above, gets a permit at once. The newest caller's capacity counts.
  local function has_room(lock, capacity, me)
    local before = capacity_of(lock)
    if not before then return true end
    if before ~= capacity then call("HSET", key_lock, lock, capacity) end
    return (hand_over(lock, me))
  end

  -- A permit until `till` when there is room, otherwise a place in line, at its turn.
  local function enter_line(c, capacity, room, till)
    call("HSET", key_lock, c.lock, capacity)
    c.since = now
    if room then
      grant(c, till)
    else
      c.standing = "w"
      permit.note("w", c)
      call("ZADD", key_line, 0, permit.place_text(c.lock, tonumber(c.turn), c.kind .. c.id))
      if c.kind == "p" then call("ZADD", key_alive, 0, permit.place_text(c.lock, c.till, c.id)) end
      permit.save_contender(c)
    end
    schedule(c.lock)
  end

  -- The standing of a message with a lock that it has not stood in line for.
  local function new_task_contender(id, word, label)
    local lock, _, _, grant_ms = match(word, LOCK_WORD)
    return {
      kind = "t", id = id, key = key_tlock, field = id, standing = "a", word = word, lock = lock,
      grant = tonumber(grant_ms), turn = "+", since = now, till = now, unique = "+", fence = "+", give_up = "+",
      label = label,
    }
  end

  -- Puts a message that is not parked in line for its lock, at its old turn when it had one.
  local function line_up_task(c)
    local _, capacity, wait = match(c.word, LOCK_WORD)
    local is_new = c.turn == "+"
    if is_new then
      c.turn = int(next_number())
      if wait ~= "+" then c.give_up = int(now + tonumber(wait)) end
    end
    enter_line(c, capacity, has_room(c.lock, capacity, not is_new and c or nil), now + c.grant)
  end

  -- Out of its queue: it stands in the line of its lock.
  local function park(m, c)
    m.place = "p"
    save(m)
    call("ZADD", key_parked, c.give_up == "+" and "inf" or c.give_up, line_of(m))
    count(parked_counts, m.queue, 1)
  end

  -- The holder of a permit by what it is called, nil when it has ended.
  local function holder_of(lock, token)
    local unique, who = match(token, "^([^.]*)%.(%a.*)$")
    capacity_of(lock)
    local c = unique and permit.contender_of(lock, who)
    if not c or c.lock ~= lock or c.standing ~= "h" or c.unique ~= unique then return nil end
    if c.till > now then return c end
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
    return capacity, call("ZLEXCOUNT", key_perm, "[" .. later_than_now, to), call("ZLEXCOUNT", key_line, from, to) - dead
  end

  made_line = {
    range_of = range_of, capacity_of = capacity_of, hand_over = hand_over, has_room = has_room,
    enter_line = enter_line, new_task_contender = new_task_contender, line_up_task = line_up_task,
    park = park, holder_of = holder_of,
    summary_of = summary_of,
  }
  return made_line
end

-- What came free in this script goes to those who wait for it.
local function pass_on()
  local lock = next(freed)
  while lock do
    lock_line().hand_over(lock)
    lock = next(freed)
  end
end
