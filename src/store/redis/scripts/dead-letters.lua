-- Reads part of the dead letters, newest first, in number and in bytes.
--
-- ARGV
--   queue     escaped name, "" for all
--   task      escaped name, "" for any
--   reason    escaped, "" for any
--   after     "" to begin with; else what the call before gave
--   limit     how many to give at most
-- Returns: { how many were looked at; where to go on, "" when all were seen; { per letter: id, queue, "<at> <reason>", record } }
-- Flags: no-writes
local call, match = redis.call, string.match
local STEP = 250
local limit = tonumber(arg_limit)
local letters, looked, bytes, last = {}, 0, 0, arg_after
local before = arg_after == "" and "+inf" or "(" .. arg_after
local members = call("ZREVRANGEBYSCORE", key_dead, before, "-inf", "WITHSCORES", "LIMIT", 0, STEP)
for at = 1, #members, 2 do
  if #letters >= limit * 4 or bytes >= MOST_BYTES then break end
  looked, last = looked + 1, members[at + 1]
  local queue, id = match(members[at], "^(%S+) (.*)$")
  if queue and (arg_queue == "" or queue == arg_queue) then
    local why = call("HGET", key_why, id) or "0 +"
    if arg_reason == "" or match(why, "^%S+ (.*)$") == arg_reason then
      local record = call("HGET", key_msg, id) or ""
      bytes = bytes + #record
      if arg_task == "" or match(record, RECORD_TASK) == arg_task then
        local size = #letters
        letters[size + 1], letters[size + 2], letters[size + 3], letters[size + 4] = id, queue, why, record
      end
    end
  end
end
local ended = looked * 2 == #members and looked < STEP
return { looked, ended and "" or last, letters }
