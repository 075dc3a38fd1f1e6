-- The short way to a permit, for a process: of a lock that nobody holds, of one with room and without a line, and the
-- one that it was granted in line. In all other cases lock-acquire decides, and to the same effect in these.
--
-- KEYS
--   lock      hash   lock -> capacity
--   perm      zset   permits of locks, by their ends
--   plock     hash   lock and waiter -> the standing of a process
--   lockwake  zset   lock with a line -> when its next permit ends (ms)
--   lockend   zset   lock without a line -> when its next permit ends (ms)
--   seq       string last number given to a message, an entry or a dead letter
--   fence     string last fence given
--   locklog   stream history of locks
-- ARGV
--   now       ms, "" for the server's TIME
--   lock      escaped
--   capacity  the newest caller's counts for everybody
--   waiter    escaped; asking again under the same name changes nothing but the time
--   label     escaped
--   lease     ms of the permit
--   grant     ms for which it would be granted in line
-- Returns: { now, token, fence }, or {} when lock-acquire is to decide: nothing was changed
-- Uses: clock
local field, word = arg_lock .. " " .. arg_waiter, arg_lock .. "," .. arg_capacity .. ",+," .. arg_grant
local till = now + tonumber(arg_lease)
local soonest = till

local function place(at)
  return arg_lock .. " " .. format("%014.0f", at) .. " p" .. arg_waiter
end

-- Most locks are free. This write is the check that it is, and the first that a permit brings along.
if call("HSETNX", key_lock, arg_lock, arg_capacity) == 0 then
  local from, to = "[" .. arg_lock .. " ", "(" .. arg_lock .. "!"
  local first = call("ZRANGEBYLEX", key_perm, from, to, "LIMIT", 0, 1)[1]
  local ends = tonumber(first and match(first, "^%S+ (%d+)") or 0)
  if ends <= now or call("HGET", key_lock, arg_lock) ~= arg_capacity then return {} end
  local mine = call("HGET", key_plock, field)
  if mine then
    local head, before, unique, fence, tail = match(mine, "^(h %S+ %S+ %d+ )(%d+) (%S+) (%S+)( .*)$")
    before = tonumber(before)
    if not before or before > till then return {} end
    if before < till then
      call("ZREM", key_perm, place(before))
      call("ZADD", key_perm, 0, place(till))
      call("HSET", key_plock, field, head .. int(till) .. " " .. unique .. " " .. fence .. tail)
    end
    return { now_text, unique .. ".p" .. arg_waiter, fence }
  end
  if call("ZSCORE", key_lockwake, arg_lock) then return {} end
  if call("ZLEXCOUNT", key_perm, from, to) >= tonumber(arg_capacity) then return {} end
  soonest = math.min(ends, till)
end
local turn = int(call("INCRBY", key_seq, 1))
-- Microseconds of the clock: so a number also grows where the last write was lost.
local fence = int(math.max(tonumber(call("GET", key_fence) or 0) + 1, now * 1000))
local unique = turn .. "-" .. now_text
call("SET", key_fence, fence)
call("ZADD", key_perm, 0, place(till))
call("HSET", key_plock, field, "h " .. word .. " " .. turn .. " " .. now_text .. " " .. int(till) .. " " .. unique .. " "
  .. fence .. " + " .. arg_label)
call("ZADD", key_lockend, int(soonest), arg_lock)
call("XADD", key_locklog, "MAXLEN", "~", 10000, "*", "e", "a p " .. fence .. " " .. now_text .. " 0 " .. arg_lock .. " "
  .. arg_label .. " " .. arg_waiter)
return { now_text, unique .. ".p" .. arg_waiter, fence }
