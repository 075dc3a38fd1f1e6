-- Writes an alert, and the calls that are to tell of it.
--
-- ARGV
--   now       ms, "" for the server's TIME
--   id        as it is
--   of        kind and subject, escaped
--   expect    version that is to be there, "+" for none that stands
--   place     a code of `alert`: where it stands from now on
--   record    opaque
--   past      how many that are over are kept
--   most      how many calls wait at most
--   rest...   per call: its id, and its url (escaped) and body
-- Returns: 1, or 0 when another version is there
-- Flags: allow-oom
-- Uses: clock, version
local before = call("HGET", key_alert, arg_id)
if arg_expect == "+" then
  if before or call("HEXISTS", key_alertof, arg_of) == 1 then return 0 end
elseif not before or match(before, "^%d+") ~= arg_expect then
  return 0
end
local age = call("ZSCORE", key_alertlive, arg_id) or call("ZSCORE", key_alertpast, arg_id)
if not age then
  local live = call("ZREVRANGE", key_alertlive, 0, 0, "WITHSCORES")[2]
  local past = call("ZREVRANGE", key_alertpast, 0, 0, "WITHSCORES")[2]
  if not live and not past then begin_store() end
  age = int(math.max(tonumber(live or 0), tonumber(past or 0)) + 1)
end
if arg_place ~= ALERT_LIVE then
  call("ZREM", key_alertlive, arg_id)
  if call("HGET", key_alertof, arg_of) == arg_id then call("HDEL", key_alertof, arg_of) end
end
if arg_place == ALERT_DROPPED then
  call("HDEL", key_alert, arg_id)
else
  local version = arg_expect == "+" and "1" or int(tonumber(arg_expect) + 1)
  call("HSET", key_alert, arg_id, version .. " " .. arg_record)
end
if arg_place == ALERT_LIVE then
  call("ZADD", key_alertlive, age, arg_id)
  call("HSET", key_alertof, arg_of, arg_id)
elseif arg_place == ALERT_PAST then
  call("ZADD", key_alertpast, age, arg_id)
  local over = call("ZCARD", key_alertpast) - tonumber(arg_past)
  if over > 0 then
    local old = call("ZRANGE", key_alertpast, 0, math.min(over, 100) - 1)
    many("ZREM", key_alertpast, old)
    many("HDEL", key_alert, old)
  end
end
for index = rest, #ARGV, 2 do
  call("ZADD", key_alertout, now_text, ARGV[index])
  call("HSET", key_alertcall, ARGV[index], "0 " .. ARGV[index + 1])
end
local over = call("ZCARD", key_alertout) - tonumber(arg_most)
if over > 0 then
  local old = call("ZRANGE", key_alertout, 0, math.min(over, 100) - 1)
  many("ZREM", key_alertout, old)
  many("HDEL", key_alertcall, old)
end
return 1
