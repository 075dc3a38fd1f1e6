-- Rows of the audit, newest first. Looks at a thousand at most.
--
-- ARGV
--   before    row before which to begin, "" for the newest
--   by        escaped; "" for all
--   target    escaped; "" for all
--   limit     how many at most
-- Returns: { row before which to go on, "" at the end; { per row: its name, its text (audit-add.lua) } }
-- Flags: no-writes
local MOST = 1000
local limit, found = tonumber(arg_limit), {}
local rows = redis.call("XREVRANGE", key_audit, arg_before == "" and "+" or "(" .. arg_before, "-", "COUNT", MOST)
for index, row in ipairs(rows) do
  local by, target = string.match(row[2][2], "^%S+ (%S+) %S+ %S+ %S+ (%S+) ")
  if (arg_by == "" or by == arg_by) and (arg_target == "" or target == arg_target) then
    found[#found + 1] = row[1]
    found[#found + 1] = row[2][2]
  end
  if #found == limit * 2 or index == MOST then return { row[1], found } end
end
return { "", found }
