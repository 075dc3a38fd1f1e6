-- Whether a message that nobody holds will ever run, for scripts that only read.

local RECORD_EXPIRES = "^%S+ %S+ %S+ %S+ %S+ %S+ (%S+) "
local HOLD_EXPIRES = "^%S+ %S+ %S+ %S+ %S+ %S+ %S+ %S+ %S+ %S+ %S+ %S+ (%S+) "

-- "h" for a message that is held, "d" for a dead letter, "" for none. For one that waits, in its queue, in the line of a lock
-- or for its entry: "w"; "e" when it has expired, "r" when it was revoked, so that the next claim drops it. And when it
-- expires, "+" for never.
local function standing_of(id)
  local place, revoked = match(call("HGET", key_state, id) or "", "^(%a) %S+ %d+ %d+ (%d) ")
  if place == "h" or place == "d" then return place, "+" end
  if place and revoked ~= "0" then return "r", "+" end
  local record, pattern = call("HGET", key_msg, id), RECORD_EXPIRES
  if not record then
    local entry = call("HGET", key_holdid, id)
    record, pattern = entry and call("HGET", key_hold, entry), HOLD_EXPIRES
    if not entry and not place then return "", "+" end
  end
  local expires = match(record or "", pattern) or "+"
  if expires ~= "+" and (tonumber(expires) or 0) <= now then return "e", expires end
  return "w", expires
end
