-- Whether a message that no worker has will ever run, for scripts that only read.

-- One of the codes of `told`: a message that a worker has, a dead letter, one that waits, in its queue, for a lock or for
-- its entry; or one that has expired or was revoked where it waits, so that the next claim drops it; "" for none. And when it
-- expires, "+" for never.
local function state_of(id)
  local state, revoked = match(call("HGET", key_state, id) or "", REVOKED)
  if state == STATE_LEASED or state == STATE_DEAD then return state, "+" end
  if state and revoked ~= "0" then return TOLD_REVOKED, "+" end
  local record, pattern = call("HGET", key_msg, id), RECORD_EXPIRES
  if not record then
    local entry = call("HGET", key_bufferedid, id)
    record, pattern = entry and call("HGET", key_buffered, entry), BUFFERED_EXPIRES
    if not entry and not state then return "", "+" end
  end
  local expires = match(record or "", pattern) or "+"
  if expires ~= "+" and (tonumber(expires) or 0) <= now then return TOLD_EXPIRED, expires end
  return TOLD_QUEUED, expires
end
