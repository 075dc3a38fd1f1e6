-- Reads dead letters, or else messages kept of failed tasks, the first ones of those that were asked for: as many as one call may give.
--
-- ARGV
--   rest...   ids
-- Returns: { per id that was looked at: "<at> <reason>" of a dead letter and its record; else "" and what is kept (lib/failed.lua) or "" }
-- Flags: no-writes
local call = redis.call
local found, bytes = {}, 0
for index = rest, #ARGV do
  if bytes >= MOST_BYTES then break end
  local id = ARGV[index]
  local why = call("HGET", key_why, id)
  local text = call("HGET", why and key_msg or key_failed, id) or ""
  found[#found + 1], found[#found + 2] = why or "", text
  bytes = bytes + #text
end
return found
