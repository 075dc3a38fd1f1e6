-- Sending. Many messages of one call share a shape:
-- "<queue> <priority> <max> <ttl, lib/results.lua> <entry> <task> <eta> <expires> <lock word, lib/permits.lua>", where eta and expires are "+", "@<ms>" (an instant) or "~<ms>" (counted from now).

local SHAPE = "^(%S+) (%d) (%d+) (%S+) (%S+) (%S+) (%S+) (%S+) (%S+)$"

local function instant(text)
  local sign, ms = match(text, "^([@~])(.*)$")
  if not sign then return nil end
  return tonumber(ms) + (sign == "~" and now or 0)
end

-- What all messages of the shape have in common, ready to be joined. `entry` replaces that of the shape.
local function read_shape(text)
  local queue, priority, max, ttl, entry, task, eta, expires, lock = match(text, SHAPE)
  if not queue then error("sunbeat: not a shape: " .. text) end
  if lock ~= "+" and not match(lock, LOCK_WORD) then error("sunbeat: not a lock: " .. lock) end
  eta, expires = instant(eta), instant(expires)
  return {
    queue = queue, priority = tonumber(priority), max = max, ttl = ttl, entry = entry, task = task, eta = eta,
    eta_text = eta and int(eta) or "+", expires = expires, expires_text = expires and int(expires) or "+",
    lock = lock ~= "+" and lock or nil,
  }
end

-- Which ids are waiting, leased, dead, held back by an entry, or have a result that is kept.
local function known_ids(ids)
  local known = fields(key_msg, ids)
  -- Most stores hold no run back, and one look tells.
  if call("EXISTS", key_holdid) == 1 then
    for id, entry in pairs(fields(key_holdid, ids)) do
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

-- Sends one message of an id that is not known: "q" queued or "e" expired.
local function send(id, shape, entry, body, number)
  if shape.expires and shape.expires <= now then
    keep_own_result(id, shape.ttl, "REVOKED", "expired")
    return "e"
  end
  local rank = format("%d%014.0f", 9 - shape.priority, number)
  local line = shape.queue .. " " .. rank .. " " .. id
  write_later("HSET", key_msg, id, shape.queue .. " " .. rank .. " " .. now_text .. " " .. shape.eta_text .. " "
    .. shape.max .. " " .. entry .. " " .. shape.expires_text .. " " .. shape.ttl .. " " .. shape.task .. " " .. body)
  local is_delayed = shape.eta and shape.eta > now
  local c = shape.lock and lock_line().new_task_contender(id, shape.lock, shape.task)
  if c and is_delayed then
    permits().save_contender(c)
  elseif c then
    lock_line().line_up_task(c)
  end
  if c and c.standing == "w" then
    lock_line().park({
      id = id, queue = shape.queue, rank = rank, retries = 0, deliveries = 0, revoked = 0, eta = shape.eta_text,
      at = now_text, max = shape.max, token = "+", entry = entry,
    }, c)
  else
    if is_delayed then
      write_later("ZADD", key_eta, shape.eta_text, line)
      count(delayed_counts, shape.queue, 1)
    else
      write_later("ZADD", key_ready, 0, line)
    end
    wake(shape.queue)
  end
  if entry ~= "+" then
    write_later("ZADD", key_runs, 0, entry .. " " .. sent_at .. " " .. id)
    fresh_runs[entry] = true
  end
  return "q"
end
