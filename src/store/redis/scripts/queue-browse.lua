-- Reads messages of one state in one queue: a page, looking at some hundreds.
--
-- ARGV
--   now       ms, "" for the server's TIME
--   state     a code of `state`
--   queue     escaped name; "" for all, but not of ready ones
--   task      escaped name, "" for any
--   after     "" to begin with; else what the call before gave
--   limit     how many at most
-- Returns: { per message: id, record, what has changed (lib/records.lua) or ""; nothing where one has gone }; where to go on, "" when all
--   were seen }
-- Flags: no-writes
-- Uses: clock, records
local MOST_LOOKED = 500
local found, after, looked, limit = {}, "", 0, tonumber(arg_limit)

local function give(position)
  local queue, _, id = match(position, POSITION)
  looked = looked + 1
  if not id or arg_queue ~= "" and queue ~= arg_queue then return end
  local record, state = call("HGET", key_msg, id), call("HGET", key_state, id)
  local task = match(record or "", RECORD_TASK)
  -- Bodies stay here.
  local head = match(record or "", "^(%S+ %S+ %S+ %S+ %S+ %S+ %S+ %S+ %S+ )")
  if not task or not head or arg_task ~= "" and task ~= arg_task then return end
  local size = #found
  found[size + 1], found[size + 2], found[size + 3] = id, head, state or ""
end

if arg_state == STATE_QUEUED then
  local from = arg_after == "" and "[" .. arg_queue .. " " or "(" .. arg_after
  while looked < MOST_LOOKED and #found < limit * 3 do
    local page = call("ZRANGEBYLEX", key_ready, from, "(" .. arg_queue .. "!", "LIMIT", 0, 50)
    for _, position in ipairs(page) do
      if #found >= limit * 3 then break end
      give(position)
      after, from = position, "(" .. position
    end
    if #page < 50 and after == (page[#page] or after) then
      after = ""
      break
    end
  end
else
  local keys = { [STATE_SCHEDULED] = key_scheduled, [STATE_LEASED] = key_leased, [STATE_BLOCKED] = key_blocked }
  local key = keys[arg_state]
  local score, member = match(arg_after, "^(%S+) (.*)$")
  local rank = member and call("ZRANK", key, member)
  local from = rank and rank + 1 or score and call("ZCOUNT", key, "-inf", "(" .. score) or 0
  local is_over = false
  while not is_over and looked < MOST_LOOKED and #found < limit * 3 do
    local page = call("ZRANGE", key, from, from + 49, "WITHSCORES")
    for index = 1, #page, 2 do
      if #found >= limit * 3 then break end
      give(page[index])
      after, from = page[index + 1] .. " " .. page[index], from + 1
      is_over = index + 2 > #page and #page < 100
    end
    if #page == 0 then is_over = true end
  end
  if is_over then after = "" end
end
return { found, after }
