-- Adds what a process has counted to the slots of this minute, unless it has told the same before. In key_stats: "task <step> <slot>:<name>"
-- -> "<instant> <JSON>"; of queues with "queue" (redis/stats.ts). In key_statname: kind and name -> newest slot. In key_statboot: boot ->
-- "<number> <instant>".
--
-- ARGV
--   now       ms, "" for the server's TIME
--   boot      of the process
--   number    greater than those before
--   deltas    JSON, a list of those of store/contracts/history.ts
-- Returns: 1 added, 0 told before
-- Flags: allow-oom
-- Uses: clock
local MOST_NAMES = 200
local last = tonumber(match(call("HGET", key_statboot, arg_boot) or "", "^%d+") or -1)
if tonumber(arg_number) <= last then return 0 end
call("HSET", key_statboot, arg_boot, arg_number .. " " .. now_text)

local at = now - now % 60000
local slot = "task minute " .. int((at / 60000) % 120) .. ":"
local names = call("HKEYS", key_statname)
local known, tasks = {}, 0
for _, name in ipairs(names) do
  known[name] = true
  if match(name, "^task ") then tasks = tasks + 1 end
end

local function sum(one, other, field)
  one[field] = (one[field] or 0) + (other[field] or 0)
end

for _, delta in ipairs(cjson.decode(arg_deltas)) do
  if not known["task " .. delta.task] then
    if tasks >= MOST_NAMES then delta.task = "(other)" else tasks = tasks + 1 end
    known["task " .. delta.task] = true
  end
  local field = slot .. delta.task
  local before = match(call("HGET", key_stats, field) or "", "^" .. int(at) .. " (.*)$")
  if before then
    before = cjson.decode(before)
    for _, name in ipairs({ "ok", "failed", "retried", "other", "sumMs" }) do sum(delta, before, name) end
    delta.maxMs = math.max(delta.maxMs, before.maxMs)
    for _, name in ipairs({ "run", "wait" }) do
      for bucket in pairs(before[name]) do sum(delta[name], before[name], bucket) end
    end
  end
  call("HSET", key_stats, field, int(at) .. " " .. cjson.encode(delta))
  call("HSET", key_statname, "task " .. delta.task, int(at))
end
return 1
