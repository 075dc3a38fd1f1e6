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

-- The end of a part, in one of their states: pinned for those who need it, and kept for `ttl` when nobody does any more.
local function keep_part_result(part, state, ttl, rest)
  local is_pinned = part.ttl ~= "+"
  if is_open_part(part) then
    is_pinned = state ~= PART_SUCCEEDED or part.takers ~= "0"
    part.ttl = is_pinned and int(ttl) or "+"
    known_parts.changed[part.id] = part
  end
  keep_result(part.id, "1", is_pinned and PINNED_UNTIL - now or ttl, rest)
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
  local part = part_of(id)
  if part then
    return keep_part_result(part, state == "REVOKED" and PART_REVOKED or PART_FAILED, kept, state .. " " .. reason .. " + +")
  end
  if kept > 0 then
    keep_result(id, "1", kept, state .. " " .. reason .. " + +")
  elseif known > 0 then
    remember(id, known)
  end
end

local function drop_result(id)
  call("HDEL", key_res, id)
end
