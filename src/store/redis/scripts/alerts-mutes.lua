-- What nobody is told of.
--
-- ARGV
--   now       ms, "" for the server's TIME
-- Returns: { kind and subject, "<until> <by>", ... }
-- Flags: no-writes
-- Uses: clock, version
local all, found = call("HGETALL", key_alertmute), {}
for index = 1, #all, 2 do
  local ends_at = tonumber(match(all[index + 1], "^%S+") or "")
  if not ends_at or ends_at > now then
    found[#found + 1] = all[index]
    found[#found + 1] = all[index + 1]
  end
end
return found
