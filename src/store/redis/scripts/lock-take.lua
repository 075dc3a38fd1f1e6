-- The fast path to a permit, for a process: of a lock that nobody holds, of one with room and without a line, and the
-- one that it was granted in line. In all other cases lock-acquire decides, and to the same effect in these.
--
-- KEYS
--   lock      hash   lock -> capacity, or all there is of one that is held alone
--   perm      zset   permits of locks, by their ends
--   plock     hash   lock and waiter -> the standing of a process
--   lockwake  zset   lock with a line -> when its next permit ends (ms)
--   lockend   zset   lock without a line -> when its next permit ends (ms)
--   fence     string last fence given
--   locklog   stream history of locks
-- ARGV
--   now       ms, "" for the server's TIME
--   lock      escaped
--   capacity  the newest caller's counts for everybody
--   waiter    escaped; asking again under the same name changes nothing but the time
--   label     escaped
--   lease     ms of the permit
-- Returns: { now, token, fence }, or {} when lock-acquire is to decide: nothing was changed
-- Uses: clock
local capacity = call("HGET", key_lock, arg_lock)
local till, place, field, soonest
if capacity then
  -- Another one; or somebody holds it alone, and has no places yet.
  if capacity ~= arg_capacity then return {} end
  field, till = arg_lock .. " " .. arg_waiter, now + tonumber(arg_lease)
  place = arg_lock .. " " .. format("%014.0f", till) .. " p" .. arg_waiter
  local from, to = "[" .. arg_lock .. " ", "(" .. arg_lock .. "!"
  local first = call("ZRANGEBYLEX", key_perm, from, to, "LIMIT", 0, 1)[1]
  local ends = tonumber(first and match(first, "^%S+ (%d+)") or 0)
  if ends <= now then return {} end
  local mine = call("HGET", key_plock, field)
  if mine then
    local head, before, unique, fence, tail = match(mine, "^(h %S+ %S+ %d+ )(%d+) (%S+) (%S+)( .*)$")
    before = tonumber(before)
    if not before or before > till then return {} end
    if before < till then
      call("ZREM", key_perm, arg_lock .. " " .. format("%014.0f", before) .. " p" .. arg_waiter)
      call("ZADD", key_perm, 0, place)
      call("HSET", key_plock, field, head .. int(till) .. " " .. unique .. " " .. fence .. tail)
    end
    return { now_text, unique .. ".p" .. arg_waiter, fence }
  end
  if call("ZSCORE", key_lockwake, arg_lock) then return {} end
  if call("ZLEXCOUNT", key_perm, from, to) >= tonumber(arg_capacity) then return {} end
  soonest = int(math.min(ends, till))
end
-- Microseconds of the clock: so a number also grows where the last write was lost. Those of one millisecond are counted.
local fence = call("INCR", key_fence)
if fence < now * 1000 then
  fence = now * 1000
  call("SET", key_fence, int(fence))
end
fence = int(fence)
if capacity then
  call("ZADD", key_perm, 0, place)
  call("HSET", key_plock, field, "h " .. arg_lock .. "," .. arg_capacity .. ",+," .. arg_lease .. " + " .. now_text .. " "
    .. int(till) .. " " .. fence .. " " .. fence .. " + " .. arg_label)
  call("ZADD", key_lockend, soonest, arg_lock)
else
  call("HSET", key_lock, arg_lock, arg_capacity .. " " .. now_text .. " " .. arg_lease .. " " .. fence .. " " .. arg_label
    .. " " .. arg_waiter)
end
-- Whoever ends a permit, and every permit ends, keeps the history short.
call("XADD", key_locklog, "*", "e", "a p " .. fence .. " " .. now_text .. " 0 " .. arg_lock .. " " .. arg_label .. " "
  .. arg_waiter)
return { now_text, fence .. ".p" .. arg_waiter, fence }
