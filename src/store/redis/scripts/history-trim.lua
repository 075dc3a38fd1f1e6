-- Drops the oldest records past their retention: packs whole, others by the message of the stream.
--
-- ARGV
--   now       ms, "" for the server's TIME
--   age       ms a record is kept
--   keep      records kept
--   limit     how many to drop at most, and one pack at least
-- Returns: the number dropped
-- Flags: allow-oom
-- Uses: clock
local eldest, limit, dropped = now - tonumber(arg_age), tonumber(arg_limit), 0
local newest = tonumber(call("GET", key_taskseq) or 0)
local lowest = newest - tonumber(arg_keep)

local function oldest(key)
  local message = call("XRANGE", key, "-", "+", "COUNT", 1)[1]
  if not message then return nil end
  return message[1], tonumber(match(message[1], "^%d+")), message[2]
end

while dropped < limit do
  local id, number, fields = oldest(key_packs)
  local rows, ended = match(fields and fields[2] or "", '^{"rows":(%d+),"to":(%d+)')
  if not id or not (number + (tonumber(rows) or 0) - 1 <= lowest or (tonumber(ended) or 0) < eldest) then break end
  call("XDEL", key_packs, id)
  call("HDEL", key_packbody, match(id, "^%d+"))
  dropped = dropped + (tonumber(rows) or 0)
end
while dropped < limit and call("XLEN", key_packs) == 0 do
  local id, number, fields = oldest(key_tasks)
  local rows = fields and select(2, string.gsub(fields[4] or "", "[^\n]+", "")) or 0
  if not id or not (number + rows - 1 <= lowest or (tonumber(fields[2]) or 0) < eldest) then break end
  call("XDEL", key_tasks, id)
  dropped = dropped + rows
end
return dropped
