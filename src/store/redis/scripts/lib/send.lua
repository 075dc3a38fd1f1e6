-- Sending. Many messages of one call share a template:
-- "<queue> <priority> <max> <ttl> <entry> <task> <eta> <expires> <lock word>", where eta and expires are "+", "@<ms>" (an instant) or "~<ms>" (counted from now).

local TEMPLATE = "^(%S+) (%d) (%d+) (%S+) (%S+) (%S+) (%S+) (%S+) (%S+)$"

local function instant(text)
  local sign, ms = match(text, "^([@~])(.*)$")
  if not sign then return nil end
  return tonumber(ms) + (sign == "~" and now or 0)
end

-- What all messages of the template have in common, ready to be joined. `entry` replaces that of the template.
local function read_template(text)
  local queue, priority, max, ttl, entry, task, eta, expires, lock = match(text, TEMPLATE)
  if not queue then error("sunbeat: not a template: " .. text) end
  if lock ~= "+" and not match(lock, LOCK_WORD) then error("sunbeat: not a lock: " .. lock) end
  eta, expires = instant(eta), instant(expires)
  return {
    queue = queue, priority = tonumber(priority), max = max, ttl = ttl, entry = entry, task = task, eta = eta,
    eta_text = eta and int(eta) or "+", expires = expires, expires_text = expires and int(expires) or "+",
    lock = lock ~= "+" and lock or nil,
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

-- Sends one message of an id that is not known: whether it is queued, or expired.
local function send(id, template, entry, body, number)
  if template.expires and template.expires <= now then
    keep_own_result(id, template.ttl, "REVOKED", "expired")
    return ENQUEUED_EXPIRED
  end
  local rank = format("%d%014.0f", 9 - template.priority, number)
  local position = template.queue .. " " .. rank .. " " .. id
  write_later("HSET", key_msg, id, template.queue .. " " .. rank .. record_head(template.eta_text, template.max) .. entry
    .. record_tail(template.expires_text, template.ttl, template.task) .. body)
  local is_scheduled = template.eta and template.eta > now
  local request = template.lock and lock_waiters().new_task_request(id, template.lock, template.task)
  if request and is_scheduled then
    permits().save_request(request)
  elseif request then
    lock_waiters().enter_task(request)
  end
  if request and request.status == REQUEST_WAITING then
    lock_waiters().block({
      id = id, queue = template.queue, rank = rank, retries = 0, deliveries = 0, revoked = 0, eta = template.eta_text,
      at = now_text, max = template.max, token = "+", entry = entry,
    }, request)
  else
    if is_scheduled then
      write_later("ZADD", key_scheduled, template.eta_text, position)
      count(STATE_SCHEDULED, template.queue, 1)
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
