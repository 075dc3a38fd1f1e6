-- Drops names that nobody has counted for long, with their slots, and processes that have not told anything for an hour.
--
-- ARGV
--   now       ms, "" for the server's TIME
--   age       ms a name is kept
-- Returns: nothing
-- Flags: allow-oom
-- Uses: clock
local RINGS = { minute = 120, ["10min"] = 144, hour = 336 }
local names = call("HGETALL", key_statname)
for index = 1, #names, 2 do
  if (tonumber(names[index + 1]) or 0) < now - tonumber(arg_age) then
    local kind, name = match(names[index], "^(%a+) (.*)$")
    call("HDEL", key_statname, names[index])
    for step, slots in pairs(kind and RINGS or {}) do
      for slot = 0, slots - 1 do call("HDEL", key_stats, kind .. " " .. step .. " " .. slot .. ":" .. name) end
    end
    break
  end
end
local boots = call("HGETALL", key_statboot)
for index = 1, #boots, 2 do
  if (tonumber(match(boots[index + 1], " (%d+)$")) or 0) < now - 3600000 then call("HDEL", key_statboot, boots[index]) end
end
return 0
