-- The states and moves of messages.

local function save(m)
  call("HSET", key_state, m.id, state_text(m))
end

local function load_message(id)
  return read_message(id, call("HGET", key_msg, id), call("HGET", key_state, id))
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

-- Puts a message that is nowhere into its queue, ready or scheduled as its eta says.
local function put_in_queue(m)
  local eta = tonumber(m.eta)
  if eta and eta > now then
    write_later("ZADD", key_scheduled, m.eta, position_of(m))
    count(scheduled_counts, m.queue, 1)
  else
    write_later("ZADD", key_ready, 0, position_of(m))
  end
end

-- Entries of which a run has ended in this script.
local ended_entries = {}

local function end_run(m)
  if m.entry == "+" then return end
  call("ZREM", key_runs, run_text(m.entry, format("%014.0f", tonumber(m.at)), m.id))
  ended_entries[#ended_entries + 1] = m.entry
end

-- Takes a waiting or blocked message out of its queue.
local function leave_queue(m)
  if m.state == STATE_BLOCKED then
    call("ZREM", key_blocked, position_of(m))
    count(blocked_counts, m.queue, -1)
    return
  end
  if call("ZREM", key_ready, position_of(m)) == 0 and call("ZREM", key_scheduled, position_of(m)) == 1 then
    count(scheduled_counts, m.queue, -1)
  end
end

local function leave_worker(m)
  remove_later("ZREM", key_leased, position_of(m))
  count(leased_counts, m.queue, -1)
  m.token = "+"
end

-- Back from a worker: it keeps its age.
local function put_back(m)
  work(20)
  leave_worker(m)
  m.state = STATE_QUEUED
  m.revoked = math.min(m.revoked, 1)
  save(m)
  put_in_queue(m)
end

-- To the dead letters; a run of an entry ends so. `reason` is escaped.
local function dead_letter(m, reason)
  work(30)
  if any_task_locks() then permits().release_ticket(m.id) end
  m.state, m.token = STATE_DEAD, "+"
  save(m)
  call("ZADD", key_dead, int(next_number()), m.queue .. " " .. m.id)
  call("HSET", key_why, m.id, now_text .. " " .. reason)
  count(dead_counts, m.queue, 1)
  end_run(m)
end

-- Gone for good, from a queue that it has left already.
local function forget(m)
  work(14)
  remove_later("HDEL", key_msg, m.id)
  remove_later("HDEL", key_state, m.id)
  if any_task_locks() then permits().forget_request(m.id) end
  end_run(m)
end

-- A waiting message that must not run, taken out of its queue already.
local function drop_unrun(m, reason)
  local ttl = ttl_of(m)
  forget(m)
  keep_own_result(m.id, ttl, "REVOKED", reason)
end
