-- Counts what queues hold, some hundreds of them at a time.
--
-- ARGV
--   from      where to go on with the ready ones, "-" for the beginning, "" when all were counted
--   scan      where to go on with the others, "0" for the beginning, "" when all were counted
-- Returns: { from; scan; { queue, ready, ... }; { kind and queue, number, ... } } with a code of `state` as kind; queues escaped
-- Flags: no-writes
local call, match = redis.call, string.match
local ready, from = {}, arg_from
for _ = 1, from == "" and 0 or 300 do
  local position = call("ZRANGEBYLEX", key_ready, from, "+", "LIMIT", 0, 1)[1]
  if not position then
    from = ""
    break
  end
  local queue = match(position, "^%S*")
  from = "(" .. queue .. "!"
  ready[#ready + 1] = queue
  ready[#ready + 1] = call("ZLEXCOUNT", key_ready, "[" .. queue .. " ", from)
end
local scan, others = arg_scan, {}
if scan ~= "" then scan, others = unpack(call("HSCAN", key_count, scan, "COUNT", 1000)) end
return { from, scan ~= "0" and scan or "", ready, others }
