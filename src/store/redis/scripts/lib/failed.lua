-- Messages of tasks that have failed for good, apart from all others. In key_failed: id -> "<until> <number> <at> <lock word> <rate word>
-- <lane> <record as sent>"; "+" for what it has not. In key_failedpos: "<queue> <number, sixteen digits> <id>", the oldest first. In
-- key_failedsize: "count " and queue -> how many, "bytes " and queue -> bytes.

local MOST_FAILED = 10000
local MOST_FAILED_BYTES = 67108864
local FAILED = "^(%d+) (%d+) (%d+) (%S+) (%S+) (%S+) ((%S+) .*)$"

-- Whether it was there.
local function drop_failed(id)
  local text = call("HGET", key_failed, id)
  if not text then return false end
  local _, number, _, _, _, _, _, queue = match(text, FAILED)
  call("HDEL", key_failed, id)
  if queue then
    call("ZREM", key_failedpos, queue .. " " .. format("%016.0f", tonumber(number)) .. " " .. id)
    if call("HINCRBY", key_failedsize, "count " .. queue, -1) <= 0 then
      call("HDEL", key_failedsize, "count " .. queue, "bytes " .. queue)
    else
      call("HINCRBY", key_failedsize, "bytes " .. queue, -#text)
    end
  end
  return true
end

-- While the message is still stored.
local function keep_failed(id, keep)
  local record = call("HGET", key_msg, id)
  local queue = match(record or "", "^(%S+) ")
  if not queue then return end
  drop_failed(id)
  local lock = match(call("HGET", key_tasklock, id) or "", "^%a (%S+) ") or "+"
  local number = call("INCR", key_seq)
  local text = int(now + keep) .. " " .. int(number) .. " " .. now_text .. " " .. lock .. " " .. (call("HGET", key_ratemsg, id) or "+") .. " "
    .. (call("HGET", key_msglane, id) or "+") .. " " .. record
  call("HSET", key_failed, id, text)
  call("ZADD", key_failedpos, 0, queue .. " " .. format("%016.0f", number) .. " " .. id)
  local count = call("HINCRBY", key_failedsize, "count " .. queue, 1)
  local bytes = call("HINCRBY", key_failedsize, "bytes " .. queue, #text)
  while count > 1 and (count > MOST_FAILED or bytes > MOST_FAILED_BYTES) do
    local oldest = call("ZRANGEBYLEX", key_failedpos, "[" .. queue .. " ", "(" .. queue .. "!", "LIMIT", 0, 1)[1]
    if not oldest or not drop_failed(match(oldest, "^%S+ %d+ (.*)$")) then return end
    count = tonumber(call("HGET", key_failedsize, "count " .. queue) or 0)
    bytes = tonumber(call("HGET", key_failedsize, "bytes " .. queue) or 0)
  end
end
