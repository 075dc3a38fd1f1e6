-- The places and moves of messages.
--
-- key_msg    id -> record, written once: "<queue> <rank> <at> <eta> <max> <entry> <expires> <ttl> <task> <body>"
-- key_state  id -> what has changed since, absent for a message that only waits:
--            "<place> <token> <retries> <deliveries> <revoked> <queue> <rank> <at> <eta> <max> <entry>"; at a first delivery it
--            ends as the record begins
--            place: w waiting, p parked in the line of a lock, h held, d dead
--            revoked: 0 no, 1 drop it when it would be claimed, 2 tell its worker too
-- rank       priority turned round, then the age: the order inside a queue as text
-- line       "<queue> <rank> <id>": the member of key_ready (ready, in order of text), key_eta (delayed, by eta) and
--            key_lease (held, by end of lease), key_parked (in the line of a lock, by when it has waited too long).
--            Queue, entry and task are escaped: no spaces.

local RECORD = "^(%S+) (%d+) (%d+) (%-?[%d+]%d*) (%d+) (%S+) (%-?[%d+]%d*) (%S+) %S+ "
local STATE = "^(%a) (%S+) (%d+) (%d+) (%d) (%S+) (%d+) (%d+) (%S+) (%d+) (%S+)$"
local LINE = "^(%S+) (%d+) (.*)$"

local function state_text(m)
  return m.place .. " " .. m.token .. " " .. m.retries .. " " .. m.deliveries .. " " .. m.revoked .. " " .. m.queue
    .. " " .. m.rank .. " " .. m.at .. " " .. m.eta .. " " .. m.max .. " " .. m.entry
end

local function save(m)
  call("HSET", key_state, m.id, state_text(m))
end

-- A message by its record and its state; nil when there is none, or a record nobody of us wrote.
local function read_message(id, record, state)
  if state then
    local place, token, retries, deliveries, revoked, queue, rank, at, eta, max, entry = match(state, STATE)
    if place then
      return {
        id = id, place = place, queue = queue, rank = rank, retries = tonumber(retries),
        deliveries = tonumber(deliveries), revoked = tonumber(revoked), eta = eta, at = at, max = max,
        token = token, entry = entry,
      }
    end
  end
  if not record then return nil end
  local queue, rank, at, eta, max, entry, expires, ttl = match(record, RECORD)
  if not queue then return nil end
  return {
    id = id, place = "w", queue = queue, rank = rank, retries = 0, deliveries = 0, revoked = 0, eta = eta, at = at,
    max = max, token = "+", entry = entry, expires = expires, ttl = ttl,
  }
end

local function load_message(id)
  return read_message(id, call("HGET", key_msg, id), call("HGET", key_state, id))
end

-- What stands in the record alone: when it expires, the task, for `keep_own_result` how long a result is kept.
local function read_rest(m)
  local expires, ttl, task = match(call("HGET", key_msg, m.id) or "", "^%S+ %S+ %S+ %S+ %S+ %S+ (%S+) (%S+) (%S+) ")
  m.expires, m.ttl, m.task = expires or "+", ttl or "0", task
end

local function ttl_of(m)
  if not m.ttl then read_rest(m) end
  return m.ttl
end

-- Why no worker will run a message that waits or is blocked, in the word of the result that it leaves; nil when one may. It
-- stays so: what is told before the message is dropped is what its drop writes.
local function end_of(m)
  if m.revoked > 0 then return "revoked" end
  if not m.expires then read_rest(m) end
  if m.expires ~= "+" and (tonumber(m.expires) or 0) <= now then return "expired" end
  return nil
end

local function line_of(m)
  return m.queue .. " " .. m.rank .. " " .. m.id
end

local function run_of(m)
  return m.entry .. " " .. format("%014.0f", tonumber(m.at)) .. " " .. m.id
end

-- Puts a message that is nowhere into its queue, ready or scheduled as its eta says.
local function line_up(m)
  local eta = tonumber(m.eta)
  if eta and eta > now then
    write_later("ZADD", key_eta, m.eta, line_of(m))
    count(delayed_counts, m.queue, 1)
  else
    write_later("ZADD", key_ready, 0, line_of(m))
  end
end

-- Entries of which a run has ended in this script.
local ended_entries = {}

local function end_run(m)
  if m.entry == "+" then return end
  call("ZREM", key_runs, run_of(m))
  ended_entries[#ended_entries + 1] = m.entry
end

-- Takes a waiting or blocked message out of its queue.
local function leave_queue(m)
  if m.place == "p" then
    call("ZREM", key_parked, line_of(m))
    count(parked_counts, m.queue, -1)
    return
  end
  if call("ZREM", key_ready, line_of(m)) == 0 and call("ZREM", key_eta, line_of(m)) == 1 then
    count(delayed_counts, m.queue, -1)
  end
end

local function leave_worker(m)
  remove_later("ZREM", key_lease, line_of(m))
  count(held_counts, m.queue, -1)
  m.token = "+"
end

-- Back from a worker: it keeps its age.
local function put_back(m)
  work(20)
  leave_worker(m)
  m.place = "w"
  m.revoked = math.min(m.revoked, 1)
  save(m)
  line_up(m)
end

-- To the dead letters; a run of an entry ends so. `reason` is escaped.
local function dead_letter(m, reason)
  work(30)
  if any_task_locks() then permits().forsake(m.id) end
  m.place, m.token = "d", "+"
  save(m)
  call("ZADD", key_dead, int(next_number()), m.queue .. " " .. m.id)
  call("HSET", key_why, m.id, now_text .. " " .. reason)
  count(dead_counts, m.queue, 1)
  end_run(m)
end

-- Gone for good, from a place it has left already.
local function forget(m)
  work(14)
  remove_later("HDEL", key_msg, m.id)
  remove_later("HDEL", key_state, m.id)
  if any_task_locks() then permits().forget_lock(m.id) end
  end_run(m)
end

-- A waiting message that must not run, taken out of its queue already.
local function drop_unrun(m, reason)
  local ttl = ttl_of(m)
  forget(m)
  keep_own_result(m.id, ttl, "REVOKED", reason)
end
