-- Reads messages of failed tasks, newest first, in number and in bytes. Of each queue the next ones are looked at; those behind the last
-- of a queue that has more wait for another call.
--
-- ARGV
--   queue     escaped name, "" for all
--   task      escaped name, "" for any
--   after     "" to begin with; else what the call before gave
--   limit     how many to give at most
-- Returns: { how many were looked at; where to go on, "" when all were seen; { per message: id, what is kept of it (lib/failed.lua) } }
-- Flags: no-writes
local call, match = redis.call, string.match
local STEP, LEAST = 250, 25
local limit = tonumber(arg_limit)
local queues, positions, floor = { arg_queue }, {}, ""
if arg_queue == "" then
  queues = {}
  for _, field in ipairs(call("HKEYS", key_failedsize)) do
    queues[#queues + 1] = match(field, "^count (.*)$")
  end
end
local each = math.max(LEAST, math.floor(STEP / math.max(1, #queues)))
for _, queue in ipairs(queues) do
  local before = arg_after == "" and "(" .. queue .. "!" or "(" .. queue .. " " .. arg_after
  local page = call("ZREVRANGEBYLEX", key_failedpos, before, "[" .. queue .. " ", "LIMIT", 0, each)
  local number
  for _, position in ipairs(page) do
    number = match(position, "^%S+ (%d+) ")
    positions[#positions + 1] = number .. " " .. match(position, "^%S+ %d+ (.*)$")
  end
  if #page == each and number > floor then floor = number end
end
table.sort(positions, function(one, other) return one > other end)
local found, looked, bytes, last = {}, 0, 0, arg_after
for _, position in ipairs(positions) do
  local number, id = match(position, "^(%d+) (.*)$")
  if number < floor or #found >= limit * 2 or bytes >= MOST_BYTES then break end
  looked, last = looked + 1, number
  local text = call("HGET", key_failed, id)
  if text then
    bytes = bytes + #text
    local task = match(match(text, "^%S+ %S+ %S+ %S+ %S+ %S+ (.*)$") or "", RECORD_TASK)
    if arg_task == "" or task == arg_task then found[#found + 1], found[#found + 2] = id, text end
  end
end
local ended = floor == "" and looked == #positions
return { looked, ended and "" or last, found }
