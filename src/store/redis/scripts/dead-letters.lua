-- Reads part of the dead letters, newest first, in number and in bytes.
--
-- ARGV
--   queue     escaped name, "" for all
--   from      how many of the newest were looked at already
--   limit     how many to give at most
-- Returns: { how many were looked at, "" when all were; { per letter: id, queue, "<at> <reason>", record } }
-- Flags: no-writes
local call, match = redis.call, string.match
local STEP = 250
local from, limit = tonumber(arg_from), tonumber(arg_limit)
local letters, looked, bytes = {}, 0, 0
local members = call("ZREVRANGE", key_dead, from, from + STEP - 1)
for _, member in ipairs(members) do
  if #letters >= limit * 4 or bytes >= MOST_BYTES then break end
  looked = looked + 1
  local queue, id = match(member, "^(%S+) (.*)$")
  if queue and (arg_queue == "" or queue == arg_queue) then
    local size = #letters
    letters[size + 1] = id
    letters[size + 2] = queue
    letters[size + 3] = call("HGET", key_why, id) or "0 +"
    letters[size + 4] = call("HGET", key_msg, id) or ""
    bytes = bytes + #letters[size + 4]
  end
end
local ended = looked == #members and #members < STEP
return { ended and "" or tostring(from + looked), letters }
