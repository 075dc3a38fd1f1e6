-- Has nobody told of a kind and subject, or everybody again.
--
-- ARGV
--   now       ms, "" for the server's TIME
--   of        kind and subject, escaped
--   by        escaped
--   for       ms, "+" until somebody ends it, 0 ends it
-- Returns: 1
-- Flags: allow-oom
-- Uses: clock, version
local all = call("HGETALL", key_alertmute)
for index = 1, #all, 2 do
  local ends_at = tonumber(match(all[index + 1], "^%S+") or "")
  if ends_at and ends_at <= now then call("HDEL", key_alertmute, all[index]) end
end
if arg_for == "0" then
  call("HDEL", key_alertmute, arg_of)
else
  local ends = arg_for == "+" and "+" or int(now + tonumber(arg_for))
  if #all == 0 then begin_store() end
  call("HSET", key_alertmute, arg_of, ends .. " " .. arg_by)
end
return 1
