-- Queues that no claim takes from for a while. In key_qconf: queue -> "<since> <until> <by> <reason>".

local PAUSE = "^(%d+) (%S+) "

-- When a pause ends, infinite for one that does not by itself; nil when there is none that is in force.
local function is_in_force(text)
  local since, ends = match(text or "", PAUSE)
  if not since then return nil end
  local ends_at = tonumber(ends) or math.huge
  return ends_at > now and ends_at or nil
end

-- Which of the queues are open; queue and text of each that is paused, one after another; and when the first of these ends.
local function paused_queues(queues)
  if #queues == 0 or call("EXISTS", key_qconf) == 0 then return queues, nil, math.huge end
  local open, paused, first = {}, {}, math.huge
  local texts = call("HMGET", key_qconf, unpack(queues))
  for index, queue in ipairs(queues) do
    local ends_at = is_in_force(texts[index])
    if ends_at then
      paused[#paused + 1] = queue
      paused[#paused + 1] = texts[index]
      first = math.min(first, ends_at)
    else
      open[#open + 1] = queue
    end
  end
  return open, #paused > 0 and paused or nil, first
end
