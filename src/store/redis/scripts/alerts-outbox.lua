-- Leases calls that are due.
--
-- ARGV
--   now       ms, "" for the server's TIME
--   limit     how many at most
--   lease     ms
-- Returns: { id, "<tries before> <url> <body>", ... }
-- Flags: allow-oom
-- Uses: clock, version
local found = {}
for _, id in ipairs(call("ZRANGEBYSCORE", key_alertout, "-inf", now_text, "LIMIT", 0, arg_limit)) do
  local text = call("HGET", key_alertcall, id)
  local tries, what = match(text or "", "^(%d+)( .*)$")
  if tries then
    call("HSET", key_alertcall, id, int(tonumber(tries) + 1) .. what)
    call("ZADD", key_alertout, int(now + tonumber(arg_lease)), id)
    found[#found + 1] = id
    found[#found + 1] = text
  else
    call("ZREM", key_alertout, id)
  end
end
return found
