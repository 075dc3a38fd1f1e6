-- Counts what queues hold, some hundreds of them at a time.
--
-- ARGV
--   now       ms, "" for the server's TIME
--   from      where to go on with the ready ones, "-" for the beginning, "" when all were counted
--   scan      where to go on with the others, "0" for the beginning, "" when all were counted
--   ages      1: with instants, 0: without
-- Returns: { from; scan; { queue, ready, since when the oldest of those at the heads of their priorities could be taken, "" where it was
--   not asked for, ... }; { kind and queue, number, ... } } with a code of `state` as kind; queues escaped
-- Flags: no-writes
-- Uses: clock, records
local ready, from = {}, arg_from
local bytes = 0

-- From the foremost position on; the rank begins with the priority.
local function oldest_of(queue, position)
  local oldest = math.huge
  while position do
    local digit, id = match(position, "^%S+ (%d)%d* (.*)$")
    local record = id and call("HGET", key_msg, id)
    local m = id and read_message(id, record, call("HGET", key_state, id))
    if m then oldest = math.min(oldest, math.max(tonumber(m.at) or now, tonumber(m.eta) or 0)) end
    bytes = bytes + #(record or "")
    local next_from = digit and "[" .. queue .. " " .. digit .. ":"
    position = next_from and call("ZRANGEBYLEX", key_ready, next_from, "(" .. queue .. "!", "LIMIT", 0, 1)[1]
  end
  return oldest < math.huge and int(oldest) or ""
end

for _ = 1, from == "" and 0 or 300 do
  if bytes >= MOST_BYTES then break end
  local position = call("ZRANGEBYLEX", key_ready, from, "+", "LIMIT", 0, 1)[1]
  if not position then
    from = ""
    break
  end
  local queue = match(position, "^%S*")
  from = "(" .. queue .. "!"
  ready[#ready + 1] = queue
  ready[#ready + 1] = call("ZLEXCOUNT", key_ready, "[" .. queue .. " ", from)
  ready[#ready + 1] = arg_ages == "1" and oldest_of(queue, position) or ""
end
local scan, others = arg_scan, {}
if scan ~= "" then scan, others = unpack(call("HSCAN", key_count, scan, "COUNT", 1000)) end
return { from, scan ~= "0" and scan or "", ready, others }
