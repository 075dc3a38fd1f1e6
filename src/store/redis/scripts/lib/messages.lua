-- The states and moves of messages.

local function save(m)
  call("HSET", key_state, m.id, state_text(m))
end

local function load_message(id)
  local text = call("HGET", key_state, id)
  local m = read_message(id, call("HGET", key_msg, id), text)
  if m and not text and waits_for_parts(part_of(id)) then m.state = STATE_BLOCKED end
  return m
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

local function is_ahead(eta)
  return eta ~= "+" and (tonumber(eta) or 0) > now
end

-- Puts a message that is nowhere into its queue, ready or scheduled as its eta says.
local function put_in_queue(m)
  if is_ahead(m.eta) then
    write_later("ZADD", key_scheduled, m.eta, position_of(m))
    count(STATE_SCHEDULED, m.queue, 1)
  else
    write_later("ZADD", key_ready, 0, position_of(m))
  end
end

-- Out of its queue: it waits for its lock, until `deadline`, or for its unique key.
local function block(m, deadline)
  m.state = STATE_BLOCKED
  save(m)
  call("ZADD", key_blocked, deadline == "+" and "inf" or deadline, position_of(m))
  count(STATE_BLOCKED, m.queue, 1)
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
    -- One that waits for other parts stands nowhere.
    if call("ZREM", key_blocked, position_of(m)) == 1 then count(STATE_BLOCKED, m.queue, -1) end
    if any_rated_messages() then rates().leave_backlog(m) end
    return
  end
  if call("ZREM", key_ready, position_of(m)) == 0 and call("ZREM", key_scheduled, position_of(m)) == 1 then
    count(STATE_SCHEDULED, m.queue, -1)
  end
end

local function leave_worker(m)
  remove_later("ZREM", key_leased, position_of(m))
  count(STATE_LEASED, m.queue, -1)
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

-- The same from a worker that is lost, while it may be delivered once more; whether it may.
local function deliver_again(m)
  if m.deliveries >= tonumber(m.max) then return false end
  if any_task_locks() then permits().lose_permit(m.id) end
  put_back(m)
  return true
end

-- To the dead letters; a run of an entry ends so. `reason` is escaped.
local function dead_letter(m, reason)
  work(30)
  if any_task_locks() then permits().release_ticket(m.id) end
  if any_uniques() then uniques().end_unique(m.id) end
  m.state, m.token = STATE_DEAD, "+"
  save(m)
  call("ZADD", key_dead, int(next_number()), m.queue .. " " .. m.id)
  call("HSET", key_why, m.id, now_text .. " " .. reason)
  count(STATE_DEAD, m.queue, 1)
  end_run(m)
  local part = part_of(m.id)
  if part and part.state == PART_WAITING then known_parts.ended[#known_parts.ended + 1] = { part = part, state = PART_FAILED } end
end

-- Gone for good, from a queue that it has left already.
local function remove_message(m)
  work(14)
  remove_later("HDEL", key_msg, m.id)
  remove_later("HDEL", key_state, m.id)
  if any_task_locks() then permits().forget_request(m.id) end
  if any_rated_messages() then rates().forget_rate(m.id) end
  if any_uniques() then uniques().end_unique(m.id) end
  forget_lane(m.id)
  end_run(m)
end

-- The end of a message that has left its queue already, as one of the states of parts says. That of a part that has not ended well
-- stays, until its graph is dropped: it may be resumed.
local function forget(m, state, growth)
  local part = part_of(m.id)
  local is_open = part and (part.state == PART_WAITING or (part.state == PART_BLOCKED and m.state == STATE_BLOCKED))
  if is_open then known_parts.ended[#known_parts.ended + 1] = { part = part, state = state, growth = growth } end
  if not part or state == PART_SUCCEEDED or part.replaced ~= "+" then return remove_message(m) end
  work(20)
  call("HDEL", key_state, m.id)
  if any_task_locks() then permits().release_ticket(m.id) end
end

-- What this script has dropped unrun, as it is told: id, queue, task and reason of each, one after another; nil for nothing.
local dropped = nil

local function note_dropped(id, queue, task, reason)
  dropped = dropped or {}
  local size = #dropped
  dropped[size + 1], dropped[size + 2], dropped[size + 3], dropped[size + 4] = id, queue, task, reason
end

-- A waiting message that must not run, taken out of its queue already.
local function drop_unrun(m, reason)
  local ttl = ttl_of(m)
  record_end(m, reason, reason)
  note_dropped(m.id, m.queue, m.task or "", reason)
  keep_own_result(m.id, ttl, "REVOKED", reason)
  forget(m, PART_REVOKED)
end

-- Ends a message that waits, for whatever, and must not run. That of a part that waits for others takes the graph with it which it
-- has become itself.
local function drop_waiting(m, reason, terminate)
  local part = m.state == STATE_BLOCKED and part_of(m.id)
  if not part or not waits_for_parts(part) then
    leave_queue(m)
    return drop_unrun(m, reason)
  end
  local graph = is_open_part(part) and graph_records().graph_of(part)
  if graph and graph.state == GRAPH_OPEN then
    -- Before its graph is sealed those who follow it are not known: it is dropped when it would begin.
    m.revoked = math.max(m.revoked, 1)
    save(m)
  elseif graph then
    drop_unrun(m, reason)
    known_parts.ended[#known_parts.ended].revokes = graph.id == m.id and { terminate = terminate } or nil
  end
end
