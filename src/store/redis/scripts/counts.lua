-- Counts what every queue holds.
--
-- KEYS
--   ready     zset   lines of ready messages, in order of text
--   count     hash   kind and queue -> number of messages
-- Returns: { { queue, ready, ... }, { kind and queue, number, ... } } with kind d delayed, h held, p parked, x dead; queues escaped
-- Flags: no-writes
local call, match = redis.call, string.match
local ready, from = {}, "-"
for _ = 1, 10000 do
  local line = call("ZRANGEBYLEX", key_ready, from, "+", "LIMIT", 0, 1)[1]
  if not line then break end
  local queue = match(line, "^%S*")
  from = "(" .. queue .. "!"
  ready[#ready + 1] = queue
  ready[#ready + 1] = call("ZLEXCOUNT", key_ready, "[" .. queue .. " ", from)
end
return { ready, call("HGETALL", key_count) }
