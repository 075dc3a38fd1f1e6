-- Locks in order of name. Looks at some dozens at most, once all that are held alone have got their places.
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
--   after     escaped name after which to go on, "" for the first
--   limit     how many at most
--   scan      where the look for locks held alone goes on, "0" for the beginning, "" when it is over
-- Returns: { name after which to go on, "" at the end; the same of `scan`; { per lock: name, capacity, held, waiting } }
-- Flags: allow-oom
-- Uses: clock, numbers, later, results, permits, messages, line
local line = lock_line()
if arg_scan ~= "" then
  local scan, locks = unpack(call("HSCAN", key_lock, arg_scan, "COUNT", 100))
  for index = 1, #locks, 2 do line.capacity_of(locks[index]) end
  if scan ~= "0" then
    finish()
    return { arg_after, scan, {} }
  end
end
local after, found, limit = arg_after, {}, tonumber(arg_limit) * 4
for look = 1, 41 do
  if #found >= limit or look == 41 then break end
  -- Every lock has a permit: nobody stands in line for one that nobody holds.
  local place = call("ZRANGEBYLEX", key_perm, after == "" and "-" or "(" .. after .. "!", "+", "LIMIT", 0, 1)[1]
  after = place and match(place, "^%S+") or ""
  if after == "" then break end
  line.hand_over(after)
  local capacity, held, waiting = line.summary_of(after)
  if capacity then
    local size = #found
    found[size + 1], found[size + 2], found[size + 3], found[size + 4] = after, capacity, held, waiting
  end
end
finish()
return { after, "", found }
