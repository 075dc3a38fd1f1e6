-- Reads alerts, newest first.
--
-- ARGV
--   place     a code of `alert`: which are wanted
--   limit     how many at most
--   before    only those older than this id; "" for all
-- Returns: "<version> <record>" of each
-- Flags: no-writes
local call = redis.call
local highest = "+inf"
if arg_before ~= "" then
  local age = call("ZSCORE", key_alertlive, arg_before) or call("ZSCORE", key_alertpast, arg_before)
  if not age then return {} end
  highest = "(" .. age
end
local found = {}
local function take(key)
  local listed = call("ZREVRANGEBYSCORE", key, highest, "-inf", "WITHSCORES", "LIMIT", 0, arg_limit)
  for index = 1, #listed, 2 do found[#found + 1] = { listed[index], tonumber(listed[index + 1]) } end
end
if arg_place ~= ALERT_PAST then take(key_alertlive) end
if arg_place ~= ALERT_LIVE then take(key_alertpast) end
table.sort(found, function(a, b) return a[2] > b[2] end)
local records = {}
for index = 1, math.min(#found, tonumber(arg_limit)) do
  records[index] = call("HGET", key_alert, found[index][1]) or ""
end
return records
