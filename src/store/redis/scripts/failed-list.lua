-- Reads messages of failed tasks, the newest of each queue first.
--
-- ARGV
--   queue     escaped name, "" for all
--   limit     how many of a queue at most
-- Returns: { per message: id, what is kept of it (lib/failed.lua) }
-- Flags: no-writes
local call, match = redis.call, string.match
local queues, found, bytes = { arg_queue }, {}, 0
if arg_queue == "" then
  queues = {}
  for _, field in ipairs(call("HKEYS", key_failedsize)) do
    queues[#queues + 1] = match(field, "^count (.*)$")
  end
end
for _, queue in ipairs(queues) do
  local positions = call("ZREVRANGEBYLEX", key_failedpos, "(" .. queue .. "!", "[" .. queue .. " ", "LIMIT", 0, tonumber(arg_limit))
  for _, position in ipairs(positions) do
    if bytes >= 4 * MOST_BYTES then break end
    local id = match(position, "^%S+ %d+ (.*)$")
    local text = call("HGET", key_failed, id)
    if text then
      found[#found + 1], found[#found + 2] = id, text
      bytes = bytes + #text
    end
  end
end
return found
