-- Who holds a lock, or who waits for it, some hundred of them at a time.
--
-- KEYS
--   seq       string last number given to a message, an entry or a dead letter
--   state     hash   id -> what has changed since
--   ready     zset   lines of ready messages, in order of text
--   eta       zset   line of a scheduled message -> eta (ms)
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
--   lock      escaped
--   side      h holders, w waiters
--   after     place after which to go on, "" for the first
-- Returns: { capacity, held, waiting, place after which to go on, "" at the end, the page }, or {} when there is no such lock.
--   Per holder, in no order: token, t task | p process, id, label, fence, since, until. Per waiter, foremost first: t task |
--   p process, id, label, since
-- Flags: allow-oom
-- Uses: clock, numbers, later, results, permits, messages, line
local PAGE = 100
local line = lock_line()
line.hand_over(arg_lock)
local capacity, held, waiting = line.summary_of(arg_lock)
if not capacity then
  finish()
  return {}
end
local from, to = line.range_of(arg_lock)
if arg_after ~= "" then from = "(" .. arg_after end
local places = call("ZRANGEBYLEX", arg_side == "h" and key_perm or key_line, from, to, "LIMIT", 0, PAGE)
local page = {}
for _, place in ipairs(places) do
  local c = permits().contender_of(arg_lock, match(place, "^%S+ %d+ (.*)$"))
  if c and (c.kind == "t" and arg_side == "w" or c.till > now) then
    if arg_side == "h" then page[#page + 1] = permits().token_of(c) end
    for _, value in ipairs({ c.kind, c.id, c.label }) do page[#page + 1] = value end
    if arg_side == "h" then page[#page + 1] = c.fence end
    page[#page + 1] = int(c.since)
    if arg_side == "h" then page[#page + 1] = int(c.till) end
  end
end
finish()
return { capacity, held, waiting, #places == PAGE and places[PAGE] or "", page }
