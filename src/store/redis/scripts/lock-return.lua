-- The fast path to end the permit of a process, of a lock without a line. In all other cases lock-release decides.
--
-- KEYS
--   lock      hash   lock -> capacity, or all there is of one that is held alone
--   perm      zset   permits of locks, by their ends
--   plock     hash   lock and waiter -> the standing of a process
--   lockend   zset   lock without a line -> when its next permit ends (ms)
--   locklog   stream history of locks
-- ARGV
--   now       ms, "" for the server's TIME
--   lock      escaped
--   token     of the permit
-- Returns: 1, or 0 when lock-release is to decide: nothing was changed
-- Flags: allow-oom
-- Uses: clock, permits
local capacity, since, lease, fence, label, waiter = match(call("HGET", key_lock, arg_lock) or "", ALONE)
if capacity then
  if arg_token ~= fence .. ".p" .. waiter or since + lease <= now then return 0 end
  call("HDEL", key_lock, arg_lock)
else
  local unique
  unique, waiter = match(arg_token, "^([^.]*)%.p(.*)$")
  if not unique then return 0 end
  local field = arg_lock .. " " .. waiter
  local till, current
  since, till, current, fence, label = match(call("HGET", key_plock, field) or "",
    "^h %S+ %S+ (%d+) (%d+) (%S+) (%S+) %S+ (.*)$")
  if current ~= unique or tonumber(till) <= now then return 0 end
  local from, to = "[" .. arg_lock .. " ", "(" .. arg_lock .. "!"
  local place = arg_lock .. " " .. format("%014.0f", tonumber(till)) .. " p" .. waiter
  local first, second = unpack(call("ZRANGEBYLEX", key_perm, from, to, "LIMIT", 0, 2))
  if first == place then first = second end
  local ends = tonumber(first and match(first, "^%S+ (%d+)"))
  if ends and ends <= now then return 0 end
  -- Every lock is in one of two lists. This write is the check that it is in the one without a line.
  if call("ZREM", key_lockend, arg_lock) == 0 then return 0 end
  call("ZREM", key_perm, place)
  call("HDEL", key_plock, field)
  if ends then
    call("ZADD", key_lockend, ends, arg_lock)
  else
    call("HDEL", key_lock, arg_lock)
  end
end
call("XADD", key_locklog, "MAXLEN", "~", 10000, "*", "e", "r p " .. fence .. " " .. now_text .. " "
  .. math.max(0, now - since) .. " " .. arg_lock .. " " .. label .. " " .. waiter)
return 1
