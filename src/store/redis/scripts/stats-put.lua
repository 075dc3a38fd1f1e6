-- Writes slots, each over whatever is there.
--
-- ARGV
--   rest...   per slot: field, instant, text; as of stats-add.lua
-- Returns: nothing
-- Flags: allow-oom
local call, match = redis.call, string.match
for index = rest, #ARGV, 3 do
  local field, at = ARGV[index], ARGV[index + 1]
  call("HSET", key_stats, field, at .. " " .. ARGV[index + 2])
  local kind, name = match(field, "^(%a+ )%S+ %d+:(.*)$")
  local newest = tonumber(call("HGET", key_statname, kind .. name) or 0) or 0
  if tonumber(at) > newest then call("HSET", key_statname, kind .. name, at) end
end
return 0
