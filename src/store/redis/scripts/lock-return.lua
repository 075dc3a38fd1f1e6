-- The fast path to end the permit of a process, of a lock without waiters. In all other cases lock-release decides.
--
-- ARGV
--   now       ms, "" for the server's TIME
--   lock      escaped
--   token     of the permit
-- Returns: 1, or 0 when lock-release is to decide: nothing was changed
-- Flags: allow-oom
-- Uses: clock, version, records
local capacity, since, lease, fence, label, waiter = match(call("HGET", key_lock, arg_lock) or "", ALONE)
if capacity then
  if arg_token ~= fence .. "." .. KIND_PROCESS .. waiter or since + lease <= now then return 0 end
  call("HDEL", key_lock, arg_lock)
else
  local token
  token, waiter = match(arg_token, "^([^.]*)%." .. KIND_PROCESS .. "(.*)$")
  if not token then return 0 end
  local field = arg_lock .. " " .. waiter
  local _, ends_at, current
  _, since, ends_at, current, fence, _, label = match(call("HGET", key_processlock, field) or "", HOLDER)
  if current ~= token or tonumber(ends_at) <= now then return 0 end
  local from, to = "[" .. arg_lock .. " ", "(" .. arg_lock .. "!"
  local position = lock_position(arg_lock, ends_at, KIND_PROCESS .. waiter)
  local first, second = unpack(call("ZRANGEBYLEX", key_permits, from, to, "LIMIT", 0, 2))
  if first == position then first = second end
  local ends = tonumber(first and match(first, "^%S+ (%d+)"))
  if ends and ends <= now then return 0 end
  -- Tickets of processes that were passed over are kept with the lock.
  if not ends and call("ZRANGEBYLEX", key_skipped, from, to, "LIMIT", 0, 1)[1] then return 0 end
  -- Every lock is in one of two lists. This write is the check that it is in the one without waiters.
  if call("ZREM", key_lockend, arg_lock) == 0 then return 0 end
  call("ZREM", key_permits, position)
  call("HDEL", key_processlock, field)
  if ends then
    call("ZADD", key_lockend, ends, arg_lock)
  else
    call("HDEL", key_lock, arg_lock)
  end
end
call("XADD", key_locklog, "MAXLEN", "~", LOCK_HISTORY_ROWS, "*", "row",
  event_text(EVENT_RELEASED, KIND_PROCESS, fence, math.max(0, now - since), arg_lock, label, waiter))
return 1
