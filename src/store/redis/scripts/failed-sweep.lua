-- Drops messages of failed tasks whose time is over, the oldest of each queue.
--
-- ARGV
--   now       ms, "" for the server's TIME
--   limit     how many at most
-- Returns: the number dropped
-- Flags: allow-oom
-- Uses: clock, failed
local limit, dropped = tonumber(arg_limit), 0
for _, field in ipairs(call("HKEYS", key_failedsize)) do
  local queue = match(field, "^count (.*)$")
  while queue and dropped < limit do
    local oldest = call("ZRANGEBYLEX", key_failedpos, "[" .. queue .. " ", "(" .. queue .. "!", "LIMIT", 0, 1)[1]
    local id = oldest and match(oldest, "^%S+ %d+ (.*)$")
    local text = id and call("HGET", key_failed, id)
    if text and tonumber(match(text, "^%d+")) > now then break end
    if not id or not text or not drop_failed(id) then
      if oldest then call("ZREM", key_failedpos, oldest) end
      break
    end
    dropped = dropped + 1
  end
end
return dropped
