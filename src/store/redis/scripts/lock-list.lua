-- Locks in order of name. Looks at some dozens at most, once all that are held alone have got all their records.
--
-- ARGV
--   now       ms, "" for the server's TIME
--   channels  prefix of all channels
--   after     escaped name after which to go on, "" for the first
--   limit     how many at most
--   scan      where the look for locks held alone goes on, "0" for the beginning, "" when it is over
-- Returns: { name after which to go on, "" at the end; the same of `scan`; { per lock: name, capacity, held, waiting } }
-- Flags: allow-oom
-- Uses: clock, version, records, numbers, history, later, rate, graph-records, results, permits, lanes, unique, messages, waiters
local waiters = lock_waiters()
if arg_scan ~= "" then
  local scan, locks = unpack(call("HSCAN", key_lock, arg_scan, "COUNT", 100))
  for index = 1, #locks, 2 do waiters.capacity_of(locks[index]) end
  if scan ~= "0" then
    finish()
    return { arg_after, scan, {} }
  end
end
local after, found, limit = arg_after, {}, tonumber(arg_limit) * 4
for look = 1, 41 do
  if #found >= limit or look == 41 then break end
  -- Every lock has a permit: nobody waits for one that nobody holds.
  local position = call("ZRANGEBYLEX", key_permits, after == "" and "-" or "(" .. after .. "!", "+", "LIMIT", 0, 1)[1]
  after = position and match(position, "^%S+") or ""
  if after == "" then break end
  waiters.hand_over(after)
  local capacity, held, waiting = waiters.summary_of(after)
  if capacity then
    local size = #found
    found[size + 1], found[size + 2], found[size + 3], found[size + 4] = after, capacity, held, waiting
  end
end
finish()
return { after, "", found }
