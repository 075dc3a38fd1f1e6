-- Results, as they come to be.

-- A result of this size or more is not pushed to those who wait, they read it.
local PUSHED_BYTES = 65536

local ends_of_results = {}

-- Over whatever was there. `rest` begins with the state.
local function keep_result(id, final, ttl, rest)
  local ends_at = ends_of_results[ttl]
  if not ends_at then
    ends_at = int(now + ttl)
    ends_of_results[ttl] = ends_at
  end
  local record = result_head(ends_at, final) .. rest
  if ttl > 0 then
    write_later("HSET", key_res, id, record)
  else
    call("HDEL", key_res, id)
  end
  if final == "1" then
    call("PUBLISH", arg_channels .. "done:" .. id, #record < PUSHED_BYTES and record or "")
  end
end

-- Leaves a mark, unless an end is kept.
local function remember(id, ttl)
  flush()
  if ttl > 0 and not is_final(call("HGET", key_res, id)) then keep_result(id, "0", ttl, MARK) end
end

-- The result of a task that the store itself ended. `ttl` as in the record of a message.
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
