-- Reads records that are not packed, newest first, in number and in bytes; and how far they go.
--
-- ARGV
--   below     the number below which to begin; "" for the newest
--   rows      how many records to read at least, where there are so many
-- Returns: { per message of the stream: number of its first record, instant, lines }; { number of the first message that is not packed, ""
--   for none; the last number given }
-- Flags: no-writes
local call, match = redis.call, string.match
local found, rows, bytes = {}, 0, 0
local from = arg_below == "" and "+" or "(" .. arg_below .. "-0"
while rows < tonumber(arg_rows) and bytes < 400000 do
  local page = call("XREVRANGE", key_tasks, from, "-", "COUNT", 10)
  for _, message in ipairs(page) do
    local number, fields = match(message[1], "^%d+"), message[2]
    local size = #found
    found[size + 1], found[size + 2], found[size + 3] = number, fields[2] or "0", fields[4] or ""
    rows = rows + select(2, string.gsub(found[size + 3], "[^\n]+", ""))
    bytes = bytes + #found[size + 3]
    from = "(" .. message[1]
  end
  if #page < 10 then break end
end
local first = call("XRANGE", key_tasks, "-", "+", "COUNT", 1)[1]
return { found, { first and match(first[1], "^%d+") or "", call("GET", key_taskseq) or "0" } }
