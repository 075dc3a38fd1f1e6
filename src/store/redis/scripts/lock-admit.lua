-- Gives permits to deliveries. Each is judged alone, in order.
--
-- ARGV
--   now       ms, "" for the server's TIME
--   channels  prefix of all channels
--   rest...   per delivery: id, token, lock word (lib/records.lua), a code of `busy`: what to do when it is
-- Returns: per delivery, the capacity before when it was another, else "", and a code of `admitted`, behind it the fence
-- Flags: allow-oom
-- Uses: clock, version, records, numbers, history, later, rate, graph-records, results, permits, lanes, unique, messages, waiters
local waiters = lock_waiters()
local function admit(id, token, word, busy, lock, capacity)
  local m = read_message(id, nil, call("HGET", key_state, id))
  if not m or m.state ~= STATE_LEASED or m.token ~= token then return ADMITTED_LOST end
  local lease_end = tonumber(call("ZSCORE", key_leased, position_of(m)) or now)
  local request = task_request(id)
  local fence = request and request.lock == lock and permits().use_permit(request, lease_end)
  if fence then return ADMITTED_ADMITTED .. fence end
  if busy == BUSY_REFUSE and not waiters.has_room(lock, capacity) then return ADMITTED_BUSY end
  local label = match(call("HGET", key_msg, id) or "", "^%S+ %S+ %S+ %S+ %S+ %S+ %S+ %S+ (%S+) ")
  local next_request = waiters.new_task_request(id, word, label or "+")
  if request and request.lock == lock then
    next_request.ticket, next_request.wait_deadline = request.ticket, request.wait_deadline
  elseif request then
    -- The name follows from the task's code, which may be another one than before.
    if any_task_locks() then permits().release_ticket(id) end
  end
  waiters.enter_task(next_request)
  fence = permits().use_permit(next_request, lease_end)
  if fence then return ADMITTED_ADMITTED .. fence end
  m.deliveries = m.deliveries - 1
  leave_worker(m)
  block(m, next_request.wait_deadline)
  return ADMITTED_BLOCKED
end

for index = rest, #ARGV, 4 do
  if not match(ARGV[index + 2], LOCK_WORD) then error("sunbeat: not a lock: " .. ARGV[index + 2]) end
end

local replies = {}
for index = rest, #ARGV, 4 do
  local lock, capacity = match(ARGV[index + 2], LOCK_WORD)
  local before = waiters.capacity_of(lock)
  replies[#replies + 1] = before and before ~= capacity and before or ""
  replies[#replies + 1] = admit(ARGV[index], ARGV[index + 1], ARGV[index + 2], ARGV[index + 3], lock, capacity)
  pass_on()
end
finish()
return replies
