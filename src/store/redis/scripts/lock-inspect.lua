-- Who holds a lock and who waits for it. Of more than ten thousand holders or waiters only as many are looked at.
--
-- KEYS
--   seq       string last number given to a message, an entry or a dead letter
--   state     hash   id -> what has changed since
--   ready     zset   lines of ready messages, in order of text
--   eta       zset   line of a delayed message -> eta (ms)
--   parked    zset   line of a parked message -> when it has waited too long (ms, inf never)
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
--   lock      escaped
--   limit     of holders and of waiters, each
-- Returns: { capacity, held, waiting, { per holder in order of since: token, t task | p process, id, label, fence, since,
--   until }, { per waiter, foremost first: t task | p process, id, label, since } }, or {} when there is no such lock
-- Flags: allow-oom
-- Uses: clock, numbers, later, results, permits, messages, line
local line = lock_line()
local MOST = 10000
local limit = tonumber(arg_limit)
line.hand_over(arg_lock)
local capacity, held, waiting = line.summary_of(arg_lock)
if not capacity then
  finish()
  return {}
end
local from, to = line.range_of(arg_lock)

local holders = {}
for _, place in ipairs(call("ZRANGEBYLEX", key_perm, from, to, "LIMIT", 0, MOST)) do
  holders[#holders + 1] = permits().contender_of(arg_lock, match(place, "^%S+ %d+ (.*)$"))
end
table.sort(holders, function(a, b)
  if a.since ~= b.since then return a.since < b.since end
  return (tonumber(a.fence) or 0) < (tonumber(b.fence) or 0)
end)
local told = {}
for index = 1, math.min(limit, #holders) do
  local c = holders[index]
  for _, value in ipairs({ permits().token_of(c), c.kind, c.id, c.label, c.fence, int(c.since), int(c.till) }) do
    told[#told + 1] = value
  end
end

local waiters = {}
for _, place in ipairs(call("ZRANGEBYLEX", key_line, from, to, "LIMIT", 0, MOST)) do
  if #waiters >= limit * 4 then break end
  local c = permits().contender_of(arg_lock, match(place, "^%S+ %d+ (.*)$"))
  if c and (c.kind == "t" or c.till > now) then
    for _, value in ipairs({ c.kind, c.id, c.label, int(c.since) }) do waiters[#waiters + 1] = value end
  end
end
finish()
return { capacity, held, waiting, told, waiters }
