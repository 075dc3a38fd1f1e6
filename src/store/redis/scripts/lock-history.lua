-- Rows of the history of locks, newest first. Looks at a thousand at most.
--
-- ARGV
--   lock      escaped; "" for all
--   before    row before which to begin, "" for the newest
--   limit     how many at most
-- Returns: { row before which to go on, "" at the end; { per row: its name, its text (lib/permits.lua) } }
-- Flags: allow-oom
-- Uses: clock, version, records
local MOST = 1000
local limit, before, found = tonumber(arg_limit), arg_before, {}
local rows = call("XREVRANGE", key_locklog, before == "" and "+" or "(" .. before, "-", "COUNT", MOST)
for index, row in ipairs(rows) do
  local text = row[2][2]
  if arg_lock == "" or match(text, "^%a %a %S+ %d+ %S+ (%S+) ") == arg_lock then
    found[#found + 1] = row[1]
    found[#found + 1] = text
  end
  if #found == limit * 2 or index == MOST then return { row[1], found } end
end
return { "", found }
