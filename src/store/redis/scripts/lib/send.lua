-- Sending. Many messages of one call share a template:
-- "<queue> <priority> <max> <ttl> <entry> <task> <eta> <expires> <lock word>", where eta and expires are "+", "@<ms>" (an instant) or "~<ms>" (counted from now).
-- Behind that stand words for what a message has besides, each begun by a code of `attribute`: rate, lane, unique key, and what its
-- queue may hold.

local TEMPLATE = "^(%S+) (%d) (%d+) (%S+) (%S+) (%S+) (%S+) (%S+) (%S+)(.*)$"

local function instant(text)
  local sign, ms = match(text, "^([@~])(.*)$")
  if not sign then return nil end
  return tonumber(ms) + (sign == "~" and now or 0)
end

-- What all messages of the template have in common, ready to be joined. `entry` replaces that of the template.
local function read_template(text)
  local queue, priority, max, ttl, entry, task, eta, expires, lock, more = match(text, TEMPLATE)
  if not queue then error("sunbeat: not a template: " .. text) end
  if lock ~= "+" and not match(lock, LOCK_WORD) then error("sunbeat: not a lock: " .. lock) end
  local rate, lane, unique, most = nil, nil, nil, nil
  for kind, word in string.gmatch(more, " (%a)(%S*)") do
    if kind == ATTRIBUTE_RATE then
      rate = word
    elseif kind == ATTRIBUTE_LANE then
      lane = word
    elseif kind == ATTRIBUTE_UNIQUE then
      unique = read_unique_word(word)
    elseif kind == ATTRIBUTE_BOUND then
      most = tonumber(word)
    else
      error("sunbeat: not a template: " .. text)
    end
  end
  eta, expires = instant(eta), instant(expires)
  return {
    queue = queue, priority = tonumber(priority), max = max, ttl = ttl, entry = entry, task = task, eta = eta,
    eta_text = eta and int(eta) or "+", expires = expires, expires_text = expires and int(expires) or "+",
    lock = lock ~= "+" and lock or nil, rate = rate, lane = lane, unique = unique, most = most,
  }
end

-- Which ids are waiting, leased, dead, buffered, or have a result that is kept.
local function known_ids(ids)
  local known = fields(key_msg, ids)
  -- Most stores have no buffered run, and one look tells.
  if call("EXISTS", key_bufferedid) == 1 then
    for id, entry in pairs(fields(key_bufferedid, ids)) do
      if entry then known[id] = true end
    end
  end
  for from = 1, #ids, 4000 do
    local to = math.min(from + 3999, #ids)
    local records = call("HMGET", key_res, unpack(ids, from, to))
    for index, record in ipairs(records) do
      if record and is_kept(record) then known[ids[from + index - 1]] = true end
    end
  end
  return known
end

local sent_at = format("%014.0f", now)

local function send_now(id, template, entry, body, number, waits_for_key)
  local is_scheduled = template.eta and template.eta > now
  local rank = nil
  if template.lane then keep_lane(template.queue, id, template.lane) end
  if not is_scheduled and not waits_for_key and is_fair(template.queue) then
    -- A run that was buffered has kept its lane.
    rank = take_turn(template.queue, 9 - template.priority, template.lane or lane_of(id))
  else
    rank = format("%d%014.0f", 9 - template.priority, number)
  end
  local position = template.queue .. " " .. rank .. " " .. id
  write_later("HSET", key_msg, id, template.queue .. " " .. rank .. record_head(template.eta_text, template.max) .. entry
    .. record_tail(template.expires_text, template.ttl, template.task) .. body)
  if template.rate then rates().keep_rate(id, template.rate) end
  local request = template.lock and lock_waiters().new_task_request(id, template.lock, template.task)
  if request and (is_scheduled or waits_for_key) then
    permits().save_request(request)
  elseif request then
    lock_waiters().enter_task(request)
  end
  if waits_for_key or request and request.status == REQUEST_WAITING then
    block({
      id = id, queue = template.queue, rank = rank, retries = 0, deliveries = 0, revoked = 0, eta = template.eta_text,
      at = now_text, max = template.max, token = "+", entry = entry,
    }, not waits_for_key and request.wait_deadline or "+")
  else
    if is_scheduled then
      write_later("ZADD", key_scheduled, template.eta_text, position)
      count(STATE_SCHEDULED, template.queue, 1)
      if is_fair(template.queue) then
        -- It gets its turn when it comes due, without a look at its body.
        write_later("HSET", key_state, id, first_queued(template.queue .. " " .. rank, now_text, template.eta_text, template.max, entry))
      end
    else
      write_later("ZADD", key_ready, 0, position)
    end
    wake(template.queue)
  end
  if entry ~= "+" then
    write_later("ZADD", key_runs, 0, run_text(entry, sent_at, id))
    fresh_runs[entry] = true
  end
  return ENQUEUED_QUEUED
end

-- Puts a message that is nowhere into its queue; when it is ready it needs its lock.
local function arrive_in_queue(m)
  local request = not is_ahead(m.eta) and task_request(m.id)
  if request then
    lock_waiters().enter_task(request)
    if request.status == REQUEST_WAITING then return block(m, request.wait_deadline) end
  end
  put_in_queue(m)
  wake(m.queue)
end

-- The key goes to the message that waits for it, which comes into its queue; or it is free.
local function pass_key(key)
  freed_keys[key] = nil
  flush()
  local keys = uniques()
  local record = keys.find_key(key)
  local waiting = record and record.waiting or ""
  local unique = waiting ~= "" and keys.unique_of(waiting)
  local m = unique and load_message(waiting)
  if not m or m.state ~= STATE_BLOCKED then return keys.remove_key(key) end
  work(60)
  keys.put_key(key, keys.owned_by(waiting, unique))
  leave_queue(m)
  m.state = STATE_QUEUED
  if is_fair(m.queue) and not is_ahead(m.eta) then renew_rank(m) end
  save(m)
  arrive_in_queue(m)
end

local function pass_keys()
  local key = next(freed_keys)
  while key do
    pass_key(key)
    key = next(freed_keys)
  end
end

local made_unique_send = nil

-- All that only messages with unique keys need.
local function unique_send()
  if made_unique_send then return made_unique_send end
  local keys = uniques()

  -- A message that expired or was revoked where it waits lets go of its key; a claim drops it in its queue. So does one of which nothing
  -- is left but the key, since a worker of before there were any has ended it.
  local function let_go_unless_alive(id)
    local m = load_message(id)
    local is_over = not m or m.state == STATE_DEAD
    if not is_over and (m.state == STATE_LEASED or waits_for_parts(part_of(id)) or not end_of(m)) then return false end
    local record = keys.unique_of(id)
    record = record and keys.find_key(record.key)
    keys.end_unique(id)
    if m and record and record.waiting == id then
      leave_queue(m)
      m.state = STATE_QUEUED
      save(m)
      put_in_queue(m)
      wake(m.queue)
    end
    return true
  end

  local function keeps_away(key, record)
    if record.ends_at ~= "+" and tonumber(record.ends_at) <= now then return false end
    local unique = keys.unique_of(record.owner)
    if not unique or unique.key ~= key then return record.timed == "1" end
    return not let_go_unless_alive(record.owner)
  end

  -- Who keeps others from the key; nil: nobody, any more.
  local function kept_key(key)
    local record = keys.find_key(key)
    if record then flush() end
    while record do
      if not keeps_away(key, record) then
        pass_key(key)
      elseif record.waiting == "" or not let_go_unless_alive(record.waiting) then
        return record
      end
      record = keys.find_key(key)
    end
    return nil
  end

  -- Whether a worker has it, or had it to run it.
  local function has_begun(m)
    return m.state == STATE_LEASED or m.deliveries > 0 or m.retries > 0 or waits_for_parts(part_of(m.id))
  end

  -- The message that the newest one is to replace: that which waits, or under "replace" the owner where it has not begun.
  local function replaceable(record, unique)
    if record.waiting ~= "" then return load_message(record.waiting) end
    local owner = unique.policy == CONFLICT_REPLACE and load_message(record.owner)
    return owner and not has_begun(owner) and owner or nil
  end

  -- The message does in its place, and with its age, what the newer sending says.
  local function replace(m, waits_for_key, template, body, unique)
    work(40)
    local eta = template.eta
    if eta and unique.max_wait then eta = math.min(eta, tonumber(m.at) + unique.max_wait) end
    local eta_text = eta and int(eta) or "+"
    local text = call("HGET", key_state, m.id)
    local head, max, entry, ttl, task = match(call("HGET", key_msg, m.id) or "", "^(%S+ %S+ %S+) %S+ (%S+) (%S+) %S+ (%S+) (%S+) ")
    local is_scheduled = not waits_for_key and call("ZSCORE", key_scheduled, position_of(m))
    local is_moved = not waits_for_key and (is_scheduled or is_ahead(eta_text))
    if is_moved then
      if any_task_locks() then permits().release_ticket(m.id) end
      leave_queue(m)
      m.state = STATE_QUEUED
    end
    m.eta = eta_text
    call("HSET", key_msg, m.id, head .. " " .. eta_text .. " " .. max .. " " .. entry .. record_tail(template.expires_text, ttl, task) .. body)
    if text then save(m) end
    if is_moved then arrive_in_queue(m) end
  end

  made_unique_send = function(id, template, entry, body, number)
    local unique = template.unique
    local record = kept_key(unique.key)
    if record and unique.policy == CONFLICT_JOIN then return ENQUEUED_JOINED, record.owner end
    if record and unique.policy == CONFLICT_REFUSE then return ENQUEUED_REFUSED, record.owner end
    -- Of a timed key the owner has begun: nothing tells when it ends, and this one need not wait for it.
    local is_taken = record and keys.unique_of(record.owner)
    local stand_in = is_taken and replaceable(record, unique)
    if stand_in then
      replace(stand_in, record.waiting ~= "", template, body, unique)
      return ENQUEUED_JOINED, stand_in.id
    end
    keys.note(id, unique)
    if not is_taken then
      keys.put_key(unique.key, keys.owned_by(id, unique))
      return send_now(id, template, entry, body, number)
    end
    record.waiting = id
    keys.put_key(unique.key, record)
    return send_now(id, template, entry, body, number, true)
  end
  return made_unique_send
end

-- Sends one message of an id that is not known: whether it is queued, expired, or what another one of its unique key does to it; of
-- that its id.
local function send(id, template, entry, body, number)
  if template.expires and template.expires <= now then
    record_unsent(id, template, entry, "expired")
    keep_own_result(id, template.ttl, "REVOKED", "expired")
    return ENQUEUED_EXPIRED
  end
  return (template.unique and unique_send() or send_now)(id, template, entry, body, number)
end
