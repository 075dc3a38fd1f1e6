-- Housekeeping, then the foremost messages, then what the caller needs to sleep.

local function earliest(key)
  local score = call("ZRANGE", key, 0, 0, "WITHSCORES")[2]
  return score and tonumber(score) or math.huge
end

-- When the first scheduled message, buffered run, lock or blocked message is due; infinite for none. Most stores have none of
-- the last three, and one look tells. Where something is to be followed, it is due.
local function earliest_but_leases()
  local at = earliest(key_scheduled)
  if call("EXISTS", key_bufferedwake, key_lockwake, key_blocked, key_todo) == 0 then return at end
  if any_parts() and call("EXISTS", key_todo) == 1 then return now end
  return math.min(at, earliest(key_bufferedwake), earliest(key_lockwake), earliest(key_blocked))
end

-- The dead letters that this claim has made, as they are told: id, queue, task ("" when it cannot be read) and reason of each, one after
-- another; nil for nothing.
local dead_lettered = nil

local function dead_letter_untold(m, reason)
  dead_letter(m, reason)
  dead_lettered = dead_lettered or {}
  local size = #dead_lettered
  dead_lettered[size + 1], dead_lettered[size + 2], dead_lettered[size + 3], dead_lettered[size + 4] = m.id, m.queue, m.task or "", reason
end

-- Where a scheduled message of a fair queue comes that is due: it takes its turn now.
local function promoted(id, position)
  local text = call("HGET", key_state, id)
  local m = read_message(id, not text and call("HGET", key_msg, id) or nil, text)
  if not m or position_of(m) ~= position then return position end
  work(6)
  m.rank = take_turn(m.queue, string.sub(m.rank, 1, 1), lane_of(id))
  save(m)
  return position_of(m)
end

-- Each kind gets half of the labour that the kinds before have left, so that none keeps another from being done and the
-- claim itself has some.
local function keep_house()
  local refilled = {}
  local function overdue(key, cost)
    return call("ZRANGEBYSCORE", key, "-inf", now_text, "LIMIT", 0, affordable(cost, 0.5))
  end

  local due = overdue(key_scheduled, 3)
  if #due > 0 then
    work(3 * #due)
    many("ZREM", key_scheduled, due)
    for _, position in ipairs(due) do
      local queue, _, id = match(position, POSITION)
      if queue then
        if is_fair(queue) then position = promoted(id, position) end
        write_later("ZADD", key_ready, 0, position)
        count(STATE_SCHEDULED, queue, -1)
        refilled[queue] = true
      end
    end
  end

  local ends_of_lease = labour / 2
  for _, position in ipairs(overdue(key_leased, 20)) do
    if labour < ends_of_lease then break end
    local _, _, id = match(position, POSITION)
    local m = id and read_message(id, nil, call("HGET", key_state, id))
    if not m or m.state ~= STATE_LEASED or position_of(m) ~= position then
      call("ZREM", key_leased, position)
    elseif deliver_again(m) then
      refilled[m.queue] = true
    else
      local ttl = ttl_of(m)
      leave_worker(m)
      record_end(m, "dead", "deliveries-exhausted")
      keep_own_result(id, ttl, "FAILURE", "deliveries-exhausted")
      dead_letter_untold(m, "deliveries-exhausted")
    end
  end

  for _, entry in ipairs(overdue(key_bufferedwake, 150)) do
    if buffered_run_of(entry) then
      ended_entries[#ended_entries + 1] = entry
    else
      call("ZREM", key_bufferedwake, entry)
    end
  end
  for _, lock in ipairs(overdue(key_lockwake, 200)) do freed[lock] = true end
  for _, position in ipairs(overdue(key_blocked, 60)) do
    local _, _, id = match(position, POSITION)
    local m = id and read_message(id, nil, call("HGET", key_state, id))
    if not m or m.state ~= STATE_BLOCKED or position_of(m) ~= position then
      call("ZREM", key_blocked, position)
    else
      local reason, ttl = end_of(m), ttl_of(m)
      leave_queue(m)
      if reason then
        drop_unrun(m, reason)
      else
        record_end(m, "failure", "lock-timeout")
        keep_own_result(id, ttl, "FAILURE", "lock-timeout")
        forget(m, PART_FAILED)
      end
    end
  end
  follow_up()
  flush()
  return refilled
end

-- Positions in one queue, read ahead in parts.
local function queue_reader(queue, part)
  local reader = { queue = queue, positions = {}, at = 1, after = "[" .. queue .. " " }
  function reader.head()
    if reader.at > #reader.positions and reader.after then
      reader.positions = call("ZRANGEBYLEX", key_ready, reader.after, "(" .. queue .. "!", "LIMIT", 0, part)
      reader.at = 1
      reader.after = #reader.positions == part and "(" .. reader.positions[part] or nil
    end
    return reader.positions[reader.at]
  end
  return reader
end

-- The next positions to take, at most `wanted`, and their ids: by priority, among equals by turns.
local function foremost(readers, wanted)
  local taken, ids = {}, {}
  local function take_from(reader)
    local position = reader.positions[reader.at]
    taken[#taken + 1] = position
    -- What is not a position of ours gives an id that has no record.
    ids[#ids + 1] = string.sub(position, #reader.queue + 18)
    reader.at = reader.at + 1
  end
  if #readers == 1 then
    while #taken < wanted and readers[1].head() do take_from(readers[1]) end
    return taken, ids
  end
  while #taken < wanted do
    local best, best_priority = nil, ""
    for index, reader in ipairs(readers) do
      local position = reader.head()
      local priority = position and string.sub(position, #reader.queue + 2, #reader.queue + 2)
      if priority and (not best or priority < best_priority) then best, best_priority = index, priority end
    end
    if not best then break end
    local reader = table.remove(readers, best)
    readers[#readers + 1] = reader
    take_from(reader)
  end
  return taken, ids
end

-- What deliveries of parts bring with them: the numbers of those that are parts, and behind them of each that has more to tell its
-- number, 1 where the part has the id of its graph, else 0, the only input and its result, the culprit, its task and its result, "" for none.
local parts_given, numbers_given = { "" }, {}

-- An input of this size or more is left to the worker to read.
local SMALL_INPUT = 65536

local function stored_result(graph, name)
  local record = call("HGET", key_res, graph_records().part_id(graph, name))
  return is_kept(record) and record or ""
end

local function give_part(part, graph, number)
  numbers_given[#numbers_given + 1] = number
  if part.inputs == "+" and part.culprit == "+" and graph.id ~= part.id then return 0 end
  local input, culprit = match(part.inputs, "^[^,+-]+$") or "", ""
  local given, told, task = "", "", ""
  if input ~= "" then
    given = stored_result(graph, input)
    if #given >= SMALL_INPUT then given = "" end
  end
  if part.culprit ~= "+" then
    culprit, told = part.culprit, stored_result(graph, part.culprit)
    local source = part_at(graph_records().part_id(graph, culprit))
    task = source and source.task or ""
  end
  if graph.id ~= part.id and given == "" and told == "" then return 0 end
  local size = #parts_given
  parts_given[size + 1], parts_given[size + 2] = number, graph.id == part.id and 1 or 0
  parts_given[size + 3], parts_given[size + 4] = input, given
  parts_given[size + 5], parts_given[size + 6], parts_given[size + 7] = culprit, task, told
  return #given + #told
end

-- Nil for nothing.
local function given_parts()
  if #numbers_given == 0 then return nil end
  parts_given[1] = table.concat(numbers_given, " ")
  return parts_given
end

-- Whether a message is blocked now, since its bucket is empty or there is no slot for it. If not, its tokens are taken.
local function is_held_back(m, record, is_for_slot)
  local name, at = rate_tolls().take_token(m.id, match(record, RECORD_TASK), is_for_slot)
  if name then rates().block_by_rate(m, name, at) end
  return name ~= nil
end

-- Takes at most `max` messages under `lease`; their tokens are "<nonce>.<position>". Gives id, record, and what has
-- changed since it was sent ("<retries> <deliveries> <eta> <at>", of one with a lock also " <lock word> <fence>", of one that carries
-- its rate " <rate word>" behind them, "" for a first delivery without), one after another; how many it dropped; and whether more may be there, since one call does
-- only so much. What has a rate limit is given for the first `slots` alone.
local function take(queues, max, lease, nonce, slots)
  local reply, replied, drops, given, bytes = {}, 0, 0, 0, 0
  local lease_end = now + lease
  local lease_end_text = int(lease_end)
  local check_revoked = call("EXISTS", key_rev) == 1
  local is_rated = any_rates()
  local part = #queues == 1 and max or math.ceil(max / #queues) + 1
  local readers = {}
  local any_turns = false
  for index, queue in ipairs(queues) do
    readers[index] = queue_reader(queue, math.max(1, math.min(part, 1000)))
    any_turns = any_turns or is_fair(queue)
  end
  while given < max do
    if labour <= 0 or bytes >= MOST_BYTES then return reply, drops, true end
    local positions, ids = foremost(readers, math.min(max - given, affordable(8)))
    if #positions == 0 then break end
    local records, fits = {}, 0
    fits, bytes = read_values(key_msg, ids, records, bytes)
    for index = #ids, fits + 1, -1 do positions[index], ids[index] = nil, nil end
    many("ZREM", key_ready, positions)
    for index = 1, any_turns and #positions or 0 do
      local queue, rank = match(positions[index], POSITION)
      if queue and is_fair(queue) then pass_turn(queue, rank) end
    end
    local states = fields(key_state, ids)
    remember_task_requests(ids)
    remember_parts(ids)
    if is_rated then rates().remember_rates(ids) end
    local unique_words = any_uniques() and fields(key_uniqof, ids) or {}
    local states_list, leases_list, size = {}, {}, 0
    for index, id in ipairs(ids) do
      local record, state = records[index], states[id]
      local beginning, expires = match(record or "", BEGINNING)
      if not beginning then
        -- Nobody of us wrote this: what there is of it goes to the dead letters, a position alone goes away.
        drops = drops + 1
        work(3)
        if record then
          dead_letter_untold({
            id = id, queue = match(positions[index], "^%S+"), rank = "000000000000000", retries = 0, deliveries = 0,
            revoked = 0, eta = "+", at = now_text, max = "1", entry = "+",
          }, "malformed")
        end
      else
        local m = nil
        if state then
          m = read_message(id, record, state)
        end
        local reason = nil
        if m and m.revoked > 0 then
          reason = "revoked"
        elseif expires ~= "+" and (tonumber(expires) or 0) <= now then
          reason = "expired"
        elseif check_revoked and tonumber(call("ZSCORE", key_rev, id) or 0) > now then
          reason = "revoked"
        end
        local part = part_of(id)
        local graph = part and graph_records().graph_of(part)
        if graph and (graph.state == GRAPH_REVOKED or graph.state == GRAPH_DROPPED and not graph_records().is_over(graph)) then
          reason = reason or "revoked"
        end
        if m and (m.state ~= STATE_QUEUED or position_of(m) ~= positions[index]) then
          drops = drops + 1
          work(3)
        elseif reason then
          drops = drops + 1
          drop_unrun(m or read_message(id, record, nil), reason)
        elseif is_rated and is_held_back(m or read_message(id, record, nil), record, given < slots) then
          drops = drops + 1
        else
          given = given + 1
          work(graph and 12 or 8)
          if graph then bytes = bytes + give_part(part, graph, given) end
          if unique_words[id] then uniques().start_unique(id, read_unique_word(unique_words[id])) end
          local request = task_request(id)
          local rate = is_rated and rates().rate_of(id)
          local changed = ""
          if m or request or rate then
            m = m or read_message(id, record, nil)
            m.state, m.token, m.deliveries = STATE_LEASED, nonce .. "." .. given, m.deliveries + 1
            states_list[size + 2] = state_text(m)
            changed = m.retries .. " " .. m.deliveries .. " " .. m.eta .. " " .. m.at
            if request then
              changed = changed .. " " .. request.word .. " " .. (permits().use_permit(request, lease_end) or "+")
            end
            if rate then changed = changed .. (request and " " or " + + ") .. rate end
          else
            states_list[size + 2] = first_state(nonce, given, beginning)
          end
          states_list[size + 1] = id
          leases_list[size + 1] = lease_end_text
          leases_list[size + 2] = positions[index]
          size = size + 2
          count(STATE_LEASED, match(beginning, "^%S+"), 1)
          reply[replied + 1] = id
          reply[replied + 2] = record
          reply[replied + 3] = changed
          replied = replied + 3
        end
      end
    end
    many("HSET", key_state, states_list)
    many("ZADD", key_leased, leases_list)
    -- A dropped one may have released another, which the readers have passed.
    if #ended_entries > 0 or #known_parts.ended > 0 or next(freed) then
      follow_up()
      flush()
      for index, reader in ipairs(readers) do readers[index] = queue_reader(reader.queue, math.max(1, math.min(part, 1000))) end
    end
  end
  return reply, drops, false
end

-- The whole claim: now, when to look again ("" never), behind a space the turn that the claimant is told, the deliveries, the dead letters
-- that it has made, what parts bring with them, and which of the queues are paused. `turn`: what the claimant was told last.
local function claim(queues, max, lease, nonce, slots, turn)
  local others_at = earliest_but_leases()
  local refilled = {}
  if math.min(others_at, earliest(key_leased)) <= now then
    refilled = keep_house()
    others_at = nil
  end
  -- However much was done before, somebody waits for work.
  labour = math.max(labour, LABOUR / (known_parts.any and 4 or 2))
  local is_rated = any_rates()
  local open, paused, pause_end = paused_queues(queues)
  local deliveries, drops, is_cut = {}, 0, false
  if #open > 0 then
    if is_rated then rate_claims().let_out(open, slots) end
    deliveries, drops, is_cut = take(open, max, lease, nonce, slots)
  end
  if next(freed_keys) then
    follow_up()
    flush()
  end
  for queue in pairs(unblocked) do refilled[queue] = true end
  unblocked = {}
  -- Other consumers may have been waiting for what housekeeping made ready and this claim left.
  for queue in pairs(refilled) do
    if call("ZRANGEBYLEX", key_ready, "[" .. queue .. " ", "(" .. queue .. "!", "LIMIT", 0, 1)[1] then wake(queue) end
  end
  local wake_at, turn_at = now, math.huge
  if not is_cut then
    -- Neither what was dropped nor what holds a lock is seen above.
    if drops > 0 or any_task_lock or any_unique or known_parts.any then others_at = nil end
    wake_at = math.min(earliest(key_leased), others_at or earliest_but_leases(), pause_end)
  end
  if is_rated and #deliveries < 3 * slots then turn_at = rate_claims().next_turn(open, turn) end
  wake_at = math.min(wake_at, turn_at)
  local wakes = wake_at < math.huge and int(wake_at) or ""
  if turn_at < math.huge then wakes = wakes .. " " .. int(turn_at) end
  return { now_text, wakes, deliveries, dead_lettered, given_parts(), paused }
end
