-- The fast path to a permit, for a process: of a lock that nobody holds, of one with room and without waiters, and the
-- one that it was granted when it waited. In all other cases lock-acquire decides, and to the same effect in these.
--
-- ARGV
--   now       ms, "" for the server's TIME
--   channels  prefix of all channels
--   lock      escaped
--   capacity  the newest caller's counts for everybody
--   waiter    escaped; asking again under the same name changes nothing but the time
--   label     escaped
--   lease     ms of the permit
-- Returns: { now, token, fence }, or {} when lock-acquire is to decide: nothing was changed
-- Uses: clock, version, records

-- Microseconds of the clock: so a number also grows where the last write was lost. Those of one millisecond are counted.
local function next_fence()
  local fence = call("INCR", key_fence)
  if fence == 1 then begin_store() end
  if fence < now * 1000 then
    fence = now * 1000
    call("SET", key_fence, int(fence))
  end
  return int(fence)
end

local capacity = call("HGET", key_lock, arg_lock)
local ends_at, position, field, soonest
if capacity then
  -- Another one; or somebody holds it alone, and has not all its records yet.
  if capacity ~= arg_capacity then return {} end
  field, ends_at = arg_lock .. " " .. arg_waiter, now + tonumber(arg_lease)
  position = lock_position(arg_lock, ends_at, KIND_PROCESS .. arg_waiter)
  local from, to = "[" .. arg_lock .. " ", "(" .. arg_lock .. "!"
  local first = call("ZRANGEBYLEX", key_permits, from, to, "LIMIT", 0, 1)[1]
  local ends = tonumber(first and match(first, "^%S+ (%d+)") or 0)
  if ends <= now then return {} end
  local mine = call("HGET", key_processlock, field)
  if mine then
    local head, _, before, token, fence, tail = match(mine, HOLDER)
    before = tonumber(before)
    if not before or before > ends_at then return {} end
    local is_offer = fence == "+"
    if is_offer then
      -- Its number from now on.
      local offer = read_request(KIND_PROCESS, arg_waiter, key_processlock, field, mine)
      if before <= now then return {} end
      fence = next_fence()
      token = fence
      head = match(head, "^(%S+ %S+ %S+ )") .. now_text .. " "
      call("XADD", key_locklog, "*", "row",
        event_text(EVENT_ACQUIRED, KIND_PROCESS, fence, int(math.max(0, now - offer.since)), arg_lock, offer.label, arg_waiter))
      if call("ZSCORE", key_lockwake, arg_lock) then
        call("PUBLISH", arg_channels .. "ch:lock-fetched", "%" .. arg_waiter)
      end
    end
    if is_offer or before < ends_at then
      call("ZREM", key_permits, lock_position(arg_lock, before, KIND_PROCESS .. arg_waiter))
      call("ZADD", key_permits, 0, position)
      call("HSET", key_processlock, field, head .. int(ends_at) .. " " .. token .. " " .. fence .. tail)
    end
    return { now_text, token .. "." .. KIND_PROCESS .. arg_waiter, fence }
  end
  if call("ZSCORE", key_lockwake, arg_lock) then return {} end
  if call("ZLEXCOUNT", key_permits, from, to) >= tonumber(arg_capacity) then return {} end
  soonest = int(math.min(ends, ends_at))
end
local fence = next_fence()
if capacity then
  call("ZADD", key_permits, 0, position)
  call("HSET", key_processlock, field, request_text(REQUEST_HOLDING, arg_lock .. "," .. arg_capacity .. ",+," .. arg_lease,
    "+", now_text, ends_at, fence, fence, "+", arg_label))
  call("ZADD", key_lockend, soonest, arg_lock)
else
  call("HSET", key_lock, arg_lock, alone_text(arg_capacity, now_text, arg_lease, fence, arg_label, arg_waiter))
end
-- Whoever ends a permit, and every permit ends, keeps the history short.
call("XADD", key_locklog, "*", "row",
  event_text(EVENT_ACQUIRED, KIND_PROCESS, fence, 0, arg_lock, arg_label, arg_waiter))
return { now_text, fence .. "." .. KIND_PROCESS .. arg_waiter, fence }
