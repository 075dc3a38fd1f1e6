-- Reads the oldest records that are not packed, where there are more of them than are to stay so.
--
-- ARGV
--   keep      how many stay as they are
--   rows      how many records to read at most, and one message of the stream at least
-- Returns: { per message of the stream: number of its first record, instant, lines }, nothing where no more are there
-- Flags: no-writes
local call, match = redis.call, string.match
local found, rows, bytes = {}, 0, 0
local from = "-"
while rows < tonumber(arg_rows) and bytes < 1000000 do
  local page = call("XRANGE", key_tasks, from, "+", "COUNT", 10)
  for _, message in ipairs(page) do
    local number = match(message[1], "^%d+")
    if #found == 0 and tonumber(call("GET", key_taskseq) or 0) - tonumber(number) < tonumber(arg_keep) + tonumber(arg_rows) then return {} end
    if rows >= tonumber(arg_rows) then break end
    local fields, size = message[2], #found
    found[size + 1], found[size + 2], found[size + 3] = number, fields[2] or "0", fields[4] or ""
    rows = rows + select(2, string.gsub(found[size + 3], "[^\n]+", ""))
    bytes = bytes + #found[size + 3]
    from = "(" .. message[1]
  end
  if #page < 10 then break end
end
return found
