-- Gives permits to deliveries. Each is judged alone, in order.
--
-- KEYS
--   seq       string last number given to a message, an entry or a dead letter
--   msg       hash   id -> record as sent
--   state     hash   id -> what has changed since
--   ready     zset   lines of ready messages, in order of text
--   eta       zset   line of a scheduled message -> eta (ms)
--   lease     zset   line of a leased message -> end of its lease (ms)
--   parked    zset   line of a blocked message -> when it has waited too long (ms, inf never)
--   count     hash   kind and queue -> number of messages
--   lock      hash   lock -> capacity
--   perm      zset   permits of locks, by their ends
--   line      zset   lines of locks, by turn
--   alive     zset   processes in line, by when they are no longer alive
--   tlock     hash   id of a message with a lock -> its standing
--   plock     hash   lock and waiter -> the standing of a process
--   lockwake  zset   lock with a line -> when its next permit ends (ms)
--   lockend   zset   lock without a line -> when its next permit ends (ms)
--   fence     string last fence given
--   locklog   stream history of locks
-- ARGV
--   now       ms, "" for the server's TIME
--   channels  prefix of all channels
--   rest...   per delivery: id, token, lock word (lib/permits.lua), p to park when it is busy or r to refuse
-- Returns: per delivery, the capacity before when it was another, else "", and a letter: a admitted, followed by the fence;
--   p parked, b busy, l lost
-- Flags: allow-oom
-- Uses: clock, numbers, later, results, permits, messages, line
local line = lock_line()
local function admit(id, token, word, busy, lock, capacity)
  local m = read_message(id, nil, call("HGET", key_state, id))
  if not m or m.place ~= "h" or m.token ~= token then return "l" end
  local lease_end = tonumber(call("ZSCORE", key_lease, line_of(m)) or now)
  local c = task_contender(id)
  local fence = c and c.lock == lock and permits().use_permit(c, lease_end)
  if fence then return "a" .. fence end
  if busy == "r" and not line.has_room(lock, capacity) then return "b" end
  local label = match(call("HGET", key_msg, id) or "", "^%S+ %S+ %S+ %S+ %S+ %S+ %S+ %S+ (%S+) ")
  local next_c = line.new_task_contender(id, word, label or "+")
  if c and c.lock == lock then
    next_c.turn, next_c.give_up = c.turn, c.give_up
  elseif c then
    -- The name follows from the task's code, which may be another one than before.
    if any_task_locks() then permits().forsake(id) end
  end
  line.line_up_task(next_c)
  fence = permits().use_permit(next_c, lease_end)
  if fence then return "a" .. fence end
  m.deliveries = m.deliveries - 1
  leave_worker(m)
  line.park(m, next_c)
  return "p"
end

for index = rest, #ARGV, 4 do
  if not match(ARGV[index + 2], LOCK_WORD) then error("sunbeat: not a lock: " .. ARGV[index + 2]) end
end

local replies = {}
for index = rest, #ARGV, 4 do
  local lock, capacity = match(ARGV[index + 2], LOCK_WORD)
  local before = line.capacity_of(lock)
  replies[#replies + 1] = before and before ~= capacity and before or ""
  replies[#replies + 1] = admit(ARGV[index], ARGV[index + 1], ARGV[index + 2], ARGV[index + 3], lock, capacity)
  pass_on()
end
finish()
return replies
