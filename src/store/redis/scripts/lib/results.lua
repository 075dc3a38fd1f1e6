-- Results. A record is "<until> <at> <final 0|1> <state> <reason> <worker> <payload>"; only the first three are read
-- here. Payload: "+" for null, else "=" and the text. One whose time is over counts as none, until a sweep drops it.
-- A record without a state is a mark: the task has ended and left no result, and its id stays known.

-- A message of this size or more is not pushed to those who wait, they read it.
local PUSHED_BYTES = 65536

local function is_kept(record)
  if not record then return false end
  local till = tonumber(match(record, "^(%S+) "))
  return till ~= nil and till > now
end

local function is_final(record)
  return is_kept(record) and match(record, "^%S+ %S+ (%d) ") == "1"
end

local ends_of_results = {}

-- Over whatever was there. `rest` begins with the state.
local function keep_result(id, final, ttl, rest)
  local till = ends_of_results[ttl]
  if not till then
    till = int(now + ttl)
    ends_of_results[ttl] = till
  end
  local record = till .. " " .. now_text .. " " .. final .. " " .. rest
  if ttl > 0 then
    write_later("HSET", key_res, id, record)
  else
    call("HDEL", key_res, id)
  end
  if final == "1" then
    call("PUBLISH", arg_channels .. "done:" .. id, #record < PUSHED_BYTES and record or "")
  end
end

local MARK = "+ + + +"

local function is_mark(record)
  return match(record, "^%S+ %S+ 0 %+ %+ %+ %+$") ~= nil
end

-- Leaves a mark, unless an end is kept.
local function remember(id, ttl)
  flush()
  if ttl > 0 and not is_final(call("HGET", key_res, id)) then keep_result(id, "0", ttl, MARK) end
end

-- The result of a task that the store itself ended. `ttl` as in a template: ms for which it is kept, "0" not, and where the id
-- stays known without one also for how many ms, behind a comma.
local function keep_own_result(id, ttl, state, reason)
  local kept, known = match(ttl, "^(%d+),?(%d*)$")
  kept, known = tonumber(kept or "") or 0, tonumber(known or "") or 0
  if kept > 0 then
    keep_result(id, "1", kept, state .. " " .. reason .. " + +")
  elseif known > 0 then
    remember(id, known)
  end
end

local function drop_result(id)
  call("HDEL", key_res, id)
end
