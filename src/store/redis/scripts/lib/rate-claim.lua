-- Rate limits where messages are claimed, and where a worker asks or shuts a bucket.
--
-- Of each backlog as many messages come back into their queue as there are tokens and free slots. No token is taken for that: one
-- that is not delivered after all meets the bucket again.

-- Backlogs that one claim looks at in each queue.
local LOOKED_AT = 100
-- A token that lay unused for longer was told to somebody who did not come.
local LATE_MS = 100
-- A backlog that is due so much later than its bucket gives tokens has its instants from a clock that has gone back.
local AHEAD_MS = 1000

local made_tolls = nil

local function rate_tolls()
  if made_tolls then return made_tolls end
  local rate = rates()

  -- Whether a claim may deliver the message, which takes its tokens; if not, it is to be blocked: the bucket, and until when.
  local function take_token(id, task, is_for_slot)
    local name, limit, tokens = rate.toll_of(id, task)
    if not limit and tokens > 0 and not rate.stored_bucket(name) then return nil end
    local bucket = rate.bucket_at(name, limit)
    local at = rate.free_at(bucket)
    if not is_for_slot or at > now then return name, at end
    if limit then
      bucket.full_at = bucket.full_at + tokens * bucket.interval
      rate.write_bucket(name, bucket)
    end
    return nil
  end

  -- Out of a worker's hands, as if it had not been delivered. Its permit stays for a while.
  local function return_to(name, m, at)
    m.deliveries = m.deliveries - 1
    if any_task_locks() then permits().reserve_permit(m.id) end
    leave_worker(m)
    rate.block_by_rate(m, name, at)
  end

  -- Tokens for a delivery whose message does not carry its rate.
  local function charge_delivery(id, token, word)
    local m = read_message(id, nil, call("HGET", key_state, id))
    if not m or m.state ~= STATE_LEASED or m.token ~= token then return CHARGED_LOST end
    -- What it carries was charged: by the claim, or when this was asked before.
    if rate.rate_of(id) then return CHARGED_CHARGED end
    read_rest(m)
    rate.keep_rate(id, word)
    local name, at = take_token(id, m.task or "+", true)
    if not name then return CHARGED_CHARGED end
    return_to(name, m, at)
    return CHARGED_BLOCKED
  end

  -- Shuts the bucket of a message for everybody. The message, which has left its worker, waits there.
  local function cool_down(m, delay)
    read_rest(m)
    local name, limit = rate.toll_of(m.id, m.task or "+")
    local bucket = rate.bucket_at(name, limit)
    bucket.shut_until = math.max(bucket.shut_until, now + delay)
    bucket.full_at = math.max(bucket.full_at, bucket.shut_until + (bucket.burst - 1) * bucket.interval)
    rate.write_bucket(name, bucket)
    if any_task_locks() then permits().reserve_permit(m.id) end
    rate.block_by_rate(m, name, rate.free_at(bucket))
  end

  made_tolls = { take_token = take_token, charge_delivery = charge_delivery, cool_down = cool_down }
  return made_tolls
end

local made_rate_claims = nil

local function rate_claims()
  if made_rate_claims then return made_rate_claims end
  local rate = rates()

  -- Back into its queue with its age. Who has lost its permit meanwhile asks for it at its old ticket.
  local function let_go(m)
    work(40)
    leave_queue(m)
    m.state = STATE_QUEUED
    local request = task_request(m.id)
    if request and request.status == REQUEST_ABSENT then
      lock_waiters().enter_task(request)
      if request.status == REQUEST_WAITING then return block(m, request.wait_deadline) end
    end
    save(m)
    put_in_queue(m)
  end

  local function rate_in_force(name)
    local limit = rate.limit_of(match(name, "^([^,]*),") or "")
    return limit and limit.rate or nil
  end

  local function let_out_of(name, queue, due, turn, slots)
    local limit = rate_in_force(name)
    local interval = rate.interval_of(limit)
    local at, left = rate.free_at(rate.bucket_at(name, limit)), slots
    while left > 0 and at <= now and labour > LABOUR / 4 do
      local position = rate.first_waiting(name, queue)
      local id = position and match(position, "^%S+ %S+ %d+ (.*)$")
      local m = id and read_message(id, nil, call("HGET", key_state, id))
      if not position then return rate.drop_backlog(name, queue) end
      if not m or m.state ~= STATE_BLOCKED or name .. " " .. position_of(m) ~= position then
        call("ZREM", key_ratewait, position)
        work(5)
      else
        local reason = end_of(m)
        if not reason and (tonumber(call("ZSCORE", key_rev, id) or 0)) > now then reason = "revoked" end
        if reason then
          leave_queue(m)
          drop_unrun(m, reason)
        else
          let_go(m)
          local _, _, tokens = rate.toll_of(id, match(name, "^([^,]*),"))
          at = at + tokens * interval
          left = left - 1
        end
      end
    end
    local is_late = now - due > math.max(interval, LATE_MS)
    rate.write_backlog(name, queue, at, is_late and at or math.max(at, turn))
  end

  local function mend_instants(queue)
    for _ = 1, LOOKED_AT do
      local position = call("ZREVRANGEBYLEX", key_ratedue, "(" .. queue .. "!", "[" .. queue .. " ", "LIMIT", 0, 1)[1]
      local due, name = match(position or "", "^%S+ (%S+) (%S+)$")
      if not due or tonumber(due) <= now + AHEAD_MS or labour <= LABOUR / 4 then return end
      work(20)
      local limit = rate_in_force(name)
      local at = rate.free_at(rate.bucket_at(name, limit))
      if tonumber(due) <= at + AHEAD_MS then return end
      rate.write_backlog(name, queue, at, at)
    end
  end

  -- Brings what tokens are there for from the backlogs into the queues that are claimed from.
  local function let_out(queues, slots)
    if slots <= 0 then return end
    for _, queue in ipairs(queues) do
      mend_instants(queue)
      local due = call("ZRANGEBYLEX", key_ratedue, "[" .. queue .. " ", "(" .. queue .. " " .. instant_text(now) .. "!", "LIMIT", 0, LOOKED_AT)
      for _, position in ipairs(due) do
        if labour <= LABOUR / 4 then break end
        work(15)
        local at, name = match(position, "^%S+ (%S+) (%S+)$")
        local stored_due, turn = match(call("HGET", key_backlog, (name or "") .. " " .. queue) or "", BACKLOG)
        if stored_due ~= at or not at then
          call("ZREM", key_ratedue, position)
        else
          let_out_of(name, queue, tonumber(at), tonumber(turn), slots)
        end
      end
    end
    follow_up()
    flush()
  end

  -- When a claimant with free slots comes again for a token: at an instant of its own. Infinite: nothing waits for one.
  local function next_turn(queues, own)
    local first, name, queue = math.huge, nil, nil
    for _, each in ipairs(queues) do
      local position = call("ZRANGEBYLEX", key_rateturn, "[" .. each .. " ", "(" .. each .. "!", "LIMIT", 0, 1)[1]
      local at, bucket = match(position or "", "^%S+ (%S+) (%S+)$")
      if at and tonumber(at) < first then first, name, queue = tonumber(at), bucket, each end
    end
    if not name then return math.huge end
    if own > now and own <= first then return own end
    local at = math.max(now, first)
    local due = match(call("HGET", key_backlog, name .. " " .. queue) or "", BACKLOG)
    if not due then
      call("ZREM", key_rateturn, backlog_position(queue, instant_text(first), name))
      return now
    end
    rate.write_backlog(name, queue, tonumber(due), at + rate.interval_of(rate_in_force(name)))
    return math.ceil(at)
  end

  made_rate_claims = { let_out = let_out, next_turn = next_turn }
  return made_rate_claims
end
