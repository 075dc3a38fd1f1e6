-- Nodes, watches and marks.

-- A node in key_node: "<boot> <seen at> <until> <record>".
local NODE = "^(%S+) (%S+) (%S+) "

-- Types that somebody watches, of watches that have not ended, sorted: the index has them by the ends of their watches.
local function watched_types()
  if call("EXISTS", key_watchtype) == 0 then return {} end
  call("ZREMRANGEBYSCORE", key_watchtype, "-inf", now_text)
  local types = call("ZRANGE", key_watchtype, 0, -1)
  table.sort(types)
  return types
end

-- Marks that hold, oldest first.
local function living_marks()
  local marks = {}
  for _, mark in ipairs(call("LRANGE", key_mark, 0, -1)) do
    if (tonumber(match(mark, "^(%d+) ")) or 0) > now then marks[#marks + 1] = mark end
  end
  return marks
end
