-- Has claims look at what waits for tokens of a task, some hundred backlogs at a time.
--
-- ARGV
--   now       ms, "" for the server's TIME
--   channels  prefix of all channels
--   task      escaped
--   after     where to go on, "" for the beginning
-- Returns: where to go on, "" when all were looked at
-- Flags: allow-oom
-- Uses: clock, version, records, numbers, history, later, rate
local rate = rates()
local limit = rate.limit_of(arg_task)
local after = arg_after == "" and "[" .. arg_task .. "," or arg_after
for _ = 1, 200 do
  local position = call("ZRANGEBYLEX", key_ratewait, after, "(" .. arg_task .. "-", "LIMIT", 0, 1)[1]
  local name, queue = match(position or "", "^(%S+) (%S+) ")
  if not name then
    after = ""
    break
  end
  local at = math.max(now, rate.free_at(rate.bucket_at(name, limit and limit.rate or nil)))
  rate.write_backlog(name, queue, at, at)
  wake(queue)
  after = "(" .. name .. " " .. queue .. "!"
end
finish()
return after
