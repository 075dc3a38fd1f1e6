-- Rate limits at work: a claim lets out what waits, takes tokens for what it delivers, and tells its claimant when to come again.
--
-- Of each backlog as many messages come back into their queue as there are tokens and free slots. No token is taken for that: one
-- that is not delivered after all meets the bucket again.

local any_rate, any_rated = nil, nil

-- Whether there is a limit, a bucket or a backlog; most stores have none, and one look tells.
local function any_rates()
  if any_rate == nil then any_rate = call("EXISTS", key_limits, key_rate, key_backlog) > 0 end
  return any_rate
end

-- Whether any message carries its rate, or waits for a token.
local function any_rated_messages()
  if any_rated == nil then any_rated = call("EXISTS", key_ratemsg, key_ratein) > 0 end
  return any_rated
end

local made_rates = nil

-- All that only scripts that meet a limit need: a server makes each function anew at every call.
local function rates()
  if made_rates then return made_rates end
  local limits, words, buckets = {}, {}, {}

  local function limit_of(task)
    if limits[task] == nil then limits[task] = read_limit(call("HGET", key_limits, task)) end
    return limits[task]
  end

  local function interval_of(rate)
    return rate and rate.per / rate.limit or 0
  end

  local function rate_of(id)
    if words[id] == nil then words[id] = any_rated_messages() and call("HGET", key_ratemsg, id) or false end
    return words[id]
  end

  -- Looks many messages up at once.
  local function remember_rates(ids)
    if not any_rated_messages() then return end
    for id, word in pairs(fields(key_ratemsg, ids)) do words[id] = word end
  end

  local function keep_rate(id, word)
    words[id], any_rated = word, true
    call("HSET", key_ratemsg, id, word)
  end

  -- What stands between a message and its run: bucket, rate, tokens.
  local function toll_of(id, task)
    local limit = limit_of(task)
    local rate = limit and limit.rate or nil
    if not limit or not limit.by_message then return task .. ",", rate, 1 end
    local tokens, key = match(rate_of(id) or "", RATE_WORD)
    if tokens then return task .. "," .. key, rate, tonumber(tokens) end
    -- Its worker knows what it takes, and asks.
    return task .. ",", nil, rate and 0 or 1
  end

  local function stored_bucket(name)
    if buckets[name] == nil then buckets[name] = read_bucket(call("HGET", key_rate, name)) end
    return buckets[name]
  end

  local function write_bucket(name, bucket)
    bucket.at = now
    buckets[name], any_rate = bucket, true
    call("HSET", key_rate, name, bucket_text(bucket))
  end

  -- The bucket as of now and of a limit that may be another one than before.
  local function bucket_at(name, rate)
    local bucket, interval, burst = stored_bucket(name), interval_of(rate), rate and rate.burst or 1
    if not bucket then return { full_at = now, interval = interval, burst = burst, shut_until = 0 } end
    -- What lay ahead when it was written lies ahead still, but no more than that.
    local back = math.max(0, bucket.at - now)
    local full_at = math.max(now, bucket.full_at - back)
    if interval ~= bucket.interval or burst ~= bucket.burst then
      -- Tokens until a run may begin; below 0: so many more are there.
      local owed = bucket.interval > 0 and (full_at - now) / bucket.interval - (bucket.burst - 1)
      full_at = owed and math.max(now, now + (burst - 1 + owed) * interval) or now
    end
    local moved = { full_at = full_at, interval = interval, burst = burst, shut_until = bucket.shut_until - back }
    -- From here on a clock that has gone back goes on, and another limit holds.
    if back > 0 or rate and (interval ~= bucket.interval or burst ~= bucket.burst) then write_bucket(name, moved) end
    return moved
  end

  local function free_at(bucket)
    return math.max(bucket.interval > 0 and bucket.full_at - (bucket.burst - 1) * bucket.interval or 0, bucket.shut_until)
  end

  local function write_backlog(name, queue, due, turn)
    local field = name .. " " .. queue
    local before_due, before_turn = match(call("HGET", key_backlog, field) or "", BACKLOG)
    if not before_due then return end
    local due_text, turn_text = instant_text(due), instant_text(turn)
    if due_text ~= before_due then
      call("ZREM", key_ratedue, backlog_position(queue, before_due, name))
      call("ZADD", key_ratedue, 0, backlog_position(queue, due_text, name))
    end
    if turn_text ~= before_turn then
      call("ZREM", key_rateturn, backlog_position(queue, before_turn, name))
      call("ZADD", key_rateturn, 0, backlog_position(queue, turn_text, name))
    end
    call("HSET", key_backlog, field, due_text .. " " .. turn_text)
  end

  local function open_backlog(name, queue, due)
    local text = instant_text(due)
    if call("HSETNX", key_backlog, name .. " " .. queue, text .. " " .. text) == 0 then return end
    call("ZADD", key_ratedue, 0, backlog_position(queue, text, name))
    call("ZADD", key_rateturn, 0, backlog_position(queue, text, name))
    -- All who take from the queue are told: each is to have a turn.
    wake(queue)
  end

  local function drop_backlog(name, queue)
    local field = name .. " " .. queue
    local due, turn = match(call("HGET", key_backlog, field) or "", BACKLOG)
    if not due then return end
    call("HDEL", key_backlog, field)
    call("ZREM", key_ratedue, backlog_position(queue, due, name))
    call("ZREM", key_rateturn, backlog_position(queue, turn, name))
  end

  local function first_waiting(name, queue)
    local line = name .. " " .. queue
    return call("ZRANGEBYLEX", key_ratewait, "[" .. line .. " ", "(" .. line .. "!", "LIMIT", 0, 1)[1]
  end

  -- A message waits for a token no more. A backlog without messages is gone.
  local function leave_backlog(m)
    local name = call("HGET", key_ratein, m.id)
    if not name then return end
    work(10)
    call("HDEL", key_ratein, m.id)
    call("ZREM", key_ratewait, name .. " " .. position_of(m))
    if not first_waiting(name, m.queue) then drop_backlog(name, m.queue) end
  end

  -- The message is gone.
  local function forget_rate(id)
    words[id] = false
    call("HDEL", key_ratemsg, id)
  end

  -- Out of its queue: it waits for a token.
  local function block_by_rate(m, name, at)
    work(40)
    m.state = STATE_BLOCKED
    call("HSET", key_state, m.id, state_text(m))
    any_rate, any_rated = true, true
    call("ZADD", key_blocked, "inf", position_of(m))
    call("HSET", key_ratein, m.id, name)
    call("ZADD", key_ratewait, 0, name .. " " .. position_of(m))
    count(STATE_BLOCKED, m.queue, 1)
    open_backlog(name, m.queue, math.max(now, at))
  end

  made_rates = {
    limit_of = limit_of, interval_of = interval_of, rate_of = rate_of, remember_rates = remember_rates, keep_rate = keep_rate,
    toll_of = toll_of, stored_bucket = stored_bucket, bucket_at = bucket_at, free_at = free_at, write_bucket = write_bucket,
    write_backlog = write_backlog, drop_backlog = drop_backlog, first_waiting = first_waiting, leave_backlog = leave_backlog,
    forget_rate = forget_rate, block_by_rate = block_by_rate,
  }
  return made_rates
end
