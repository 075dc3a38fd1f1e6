-- Says what holds for tasks. Other words of code take the place of what an operator has said.
--
-- ARGV
--   now       ms, "" for the server's TIME
--   channels  prefix of all channels
--   said      a code of `said`: by whom
--   rest...   per task: its name (escaped), 1 where its limit is by message, else 0, and its rate (lib/records.lua); an operator's "-": what
--             code says holds
-- Returns: the tasks of which something else holds now
-- Uses: clock, version, records, numbers, history, later
local changed, limits = {}, {}
for index = rest, #ARGV, 3 do
  local task, by_message, said = ARGV[index], ARGV[index + 1], ARGV[index + 2]
  local before = read_limit(call("HGET", key_limits, task)) or { by_message = false, code = "+", control = "-" }
  local code, control = before.code, before.control
  if arg_said == SAID_CONTROL then
    by_message, control = before.by_message and "1" or "0", said
  else
    if code ~= said then control = "-" end
    code = said
  end
  if code == "+" and control == "-" then
    call("HDEL", key_limits, task)
  else
    call("HSET", key_limits, task, by_message .. " " .. code .. " " .. control)
  end
  local in_force, was_in_force = control == "-" and code or control, before.control == "-" and before.code or before.control
  if in_force ~= was_in_force or (by_message == "1") ~= before.by_message then changed[#changed + 1] = task end
end
return changed
