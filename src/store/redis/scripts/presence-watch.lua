-- Somebody watches types of events, or does so no more. What it watched before counts no more.
--
-- ARGV
--   now       ms, "" for the server's TIME
--   channels  prefix of all channels
--   id        escaped
--   ttl       ms, 0 to end it
--   rest...   types, escaped
-- Returns: 1
-- Uses: clock, presence
local ttl = tonumber(arg_ttl)
local over = call("ZRANGEBYSCORE", key_watchend, "-inf", now_text, "LIMIT", 0, 100)
local types = table.concat(ARGV, " ", rest)
local before = call("HGET", key_watch, arg_id)
if ttl <= 0 or (before and before ~= types) then over[#over + 1] = arg_id end
if #over > 0 then
  many("HDEL", key_watch, over)
  many("ZREM", key_watchend, over)
end
local ends_at = int(now + ttl)
if ttl > 0 then
  call("HSET", key_watch, arg_id, types)
  call("ZADD", key_watchend, ends_at, arg_id)
end
if before and (ttl <= 0 or before ~= types) then
  -- Of its types only those stay that others watch: this is the rare case, and looks at all.
  call("DEL", key_watchtype)
  local ends = call("ZRANGE", key_watchend, 0, -1, "WITHSCORES")
  for index = 1, #ends, 2 do
    for type in string.gmatch(call("HGET", key_watch, ends[index]) or "", "%S+") do
      call("ZADD", key_watchtype, "GT", ends[index + 1], type)
    end
  end
else
  for index = rest, #ARGV do call("ZADD", key_watchtype, "GT", ends_at, ARGV[index]) end
end
local watched = watched_types()
call("PUBLISH", arg_channels .. "ch:watch", #watched == 0 and "=[]" or "*" .. table.concat(watched, " "))
return 1
