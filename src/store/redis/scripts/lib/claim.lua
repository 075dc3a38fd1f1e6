-- Housekeeping, then the foremost messages, then what the caller needs to sleep.

-- Housekeeping moves, drops or releases at most so many of each kind.
local HOUSEKEEPING_BOUND = 1000

local function keep_house(bound)
  local refilled = {}

  local due = call("ZRANGEBYSCORE", key_eta, "-inf", now_text, "LIMIT", 0, bound)
  if #due > 0 then
    many("ZREM", key_eta, due)
    for _, line in ipairs(due) do
      local queue = match(line, LINE)
      if queue then
        write_later("ZADD", key_ready, 0, line)
        count(delayed_counts, queue, -1)
        refilled[queue] = true
      end
    end
  end

  local ended = call("ZRANGEBYSCORE", key_lease, "-inf", now_text, "LIMIT", 0, bound)
  for _, line in ipairs(ended) do
    local _, _, id = match(line, LINE)
    local m = id and read_message(id, nil, call("HGET", key_state, id))
    if not m or m.place ~= "h" or line_of(m) ~= line then
      call("ZREM", key_lease, line)
    elseif m.deliveries < tonumber(m.max) then
      if any_task_locks() then permits().lose_permit(id) end
      put_back(m)
      refilled[m.queue] = true
    else
      local ttl = ttl_of(m)
      leave_worker(m)
      bury(m, "deliveries-exhausted")
      keep_own_result(id, ttl, "FAILURE", "deliveries-exhausted")
    end
  end

  for _, entry in ipairs(call("ZRANGEBYSCORE", key_holdwake, "-inf", now_text, "LIMIT", 0, bound)) do
    if hold_of(entry) then
      ended_entries[#ended_entries + 1] = entry
    else
      call("ZREM", key_holdwake, entry)
    end
  end
  for _, lock in ipairs(call("ZRANGEBYSCORE", key_lockwake, "-inf", now_text, "LIMIT", 0, bound)) do freed[lock] = true end
  for _, line in ipairs(call("ZRANGEBYSCORE", key_parked, "-inf", now_text, "LIMIT", 0, bound)) do
    local _, _, id = match(line, LINE)
    local m = id and read_message(id, nil, call("HGET", key_state, id))
    if not m or m.place ~= "p" or line_of(m) ~= line then
      call("ZREM", key_parked, line)
    else
      local ttl = ttl_of(m)
      leave_queue(m)
      forget(m)
      keep_own_result(id, ttl, "FAILURE", "lock-timeout")
    end
  end
  follow_up()
  flush()
  return refilled
end

-- Lines of one queue, read ahead in parts.
local function queue_reader(queue, part)
  local reader = { queue = queue, lines = {}, at = 1, after = "[" .. queue .. " " }
  function reader.head()
    if reader.at > #reader.lines and reader.after then
      reader.lines = call("ZRANGEBYLEX", key_ready, reader.after, "(" .. queue .. "!", "LIMIT", 0, part)
      reader.at = 1
      reader.after = #reader.lines == part and "(" .. reader.lines[part] or nil
    end
    return reader.lines[reader.at]
  end
  return reader
end

-- The next lines to take, at most `wanted`, and their ids: by priority, among equals by turns.
local function foremost(readers, wanted)
  local taken, ids = {}, {}
  local function take_from(reader)
    local line = reader.lines[reader.at]
    taken[#taken + 1] = line
    -- What is not a line of ours gives an id that has no record.
    ids[#ids + 1] = string.sub(line, #reader.queue + 18)
    reader.at = reader.at + 1
  end
  if #readers == 1 then
    while #taken < wanted and readers[1].head() do take_from(readers[1]) end
    return taken, ids
  end
  while #taken < wanted do
    local best, best_priority = nil, ""
    for index, reader in ipairs(readers) do
      local line = reader.head()
      local priority = line and string.sub(line, #reader.queue + 2, #reader.queue + 2)
      if priority and (not best or priority < best_priority) then best, best_priority = index, priority end
    end
    if not best then break end
    local reader = table.remove(readers, best)
    readers[#readers + 1] = reader
    take_from(reader)
  end
  return taken, ids
end

-- Takes at most `max` messages under `lease`; their tokens are "<nonce>.<position>". Gives id, record, and what has
-- changed since it was sent ("<retries> <deliveries> <eta> <at>", of one with a lock also " <lock word> <fence>", "" for a
-- first delivery without), one after another; and
-- whether the bound on drops ended it.
local function take(queues, max, lease, nonce, bound)
  local reply, drops, given = {}, 0, 0
  local lease_end = now + lease
  local check_revoked = call("EXISTS", key_rev) == 1
  local part = #queues == 1 and max or math.ceil(max / #queues) + 1
  local readers = {}
  for index, queue in ipairs(queues) do readers[index] = queue_reader(queue, math.max(1, math.min(part, 1000))) end
  while given < max and drops < bound do
    local lines, ids = foremost(readers, math.min(max - given, 1000))
    if #lines == 0 then break end
    many("ZREM", key_ready, lines)
    local records, states = fields(key_msg, ids), fields(key_state, ids)
    remember_task_contenders(ids)
    local states_list, leases_list = {}, {}
    for index, id in ipairs(ids) do
      local record, state = records[id], states[id]
      local queue, rank, at, eta, expires, max_deliveries, ttl, entry = match(record or "", RECORD)
      if not queue then
        -- Nobody of us wrote this: what there is of it goes to the dead letters, a line alone goes away.
        drops = drops + 1
        if record then
          bury({
            id = id, queue = match(lines[index], "^%S+"), rank = "000000000000000", retries = 0, deliveries = 0,
            revoked = 0, eta = "+", at = now_text, max = "1", entry = "+",
          }, "malformed")
        end
      else
        local m = nil
        if state then
          m = read_message(id, record, state)
          rank, at, eta = m.rank, m.at, m.eta
        end
        local reason = nil
        if m and m.revoked > 0 then
          reason = "revoked"
        elseif check_revoked and tonumber(call("ZSCORE", key_rev, id) or 0) > now then
          reason = "revoked"
        elseif expires ~= "+" and (tonumber(expires) or 0) <= now then
          reason = "expired"
        end
        if m and (m.place ~= "w" or line_of(m) ~= lines[index]) then
          drops = drops + 1
        elseif reason then
          drops = drops + 1
          drop_unrun(m or read_message(id, record, nil), reason)
        else
          given = given + 1
          local deliveries = (m and m.deliveries or 0) + 1
          local retries = m and m.retries or 0
          local size = #states_list
          states_list[size + 1] = id
          states_list[size + 2] = "h " .. queue .. " " .. rank .. " " .. retries .. " " .. deliveries .. " 0 " .. eta
            .. " " .. at .. " " .. max_deliveries .. " " .. nonce .. "." .. given .. " " .. entry
          leases_list[size + 1] = int(lease_end)
          leases_list[size + 2] = lines[index]
          count(held_counts, queue, 1)
          size = #reply
          reply[size + 1] = id
          reply[size + 2] = record
          local c = task_contender(id)
          local changed = (m or c) and retries .. " " .. deliveries .. " " .. eta .. " " .. at or ""
          if c then changed = changed .. " " .. c.word .. " " .. (permits().use_permit(c, lease_end) or "+") end
          reply[size + 3] = changed
        end
      end
    end
    many("HSET", key_state, states_list)
    many("ZADD", key_lease, leases_list)
    -- A dropped one may have released another, which the readers have passed.
    if #ended_entries > 0 or next(freed) then
      follow_up()
      flush()
      for index, reader in ipairs(readers) do readers[index] = queue_reader(reader.queue, math.max(1, math.min(part, 1000))) end
    end
  end
  return reply, drops >= bound
end

local function next_wake()
  local at = nil
  for _, key in ipairs({ key_eta, key_lease, key_holdwake, key_lockwake, key_parked }) do
    local score = call("ZRANGE", key, 0, 0, "WITHSCORES")[2]
    score = score and tonumber(score)
    -- Infinite for a parked message that waits for ever.
    if score and score < math.huge and (not at or score < at) then at = score end
  end
  return at
end

-- The whole claim: now, when to look again ("" never), then the deliveries.
local function claim(queues, max, lease, nonce)
  local bound = math.max(HOUSEKEEPING_BOUND, max)
  local refilled = keep_house(bound)
  local deliveries, cut = take(queues, max, lease, nonce, bound)
  for queue in pairs(unparked) do refilled[queue] = true end
  unparked = {}
  -- Other consumers may have been waiting for what housekeeping made ready and this claim left.
  for queue in pairs(refilled) do
    if call("ZRANGEBYLEX", key_ready, "[" .. queue .. " ", "(" .. queue .. "!", "LIMIT", 0, 1)[1] then wake(queue) end
  end
  local wake_at = cut and now or next_wake()
  return { now_text, wake_at and int(wake_at) or "", deliveries }
end
