-- What carries these headers is not to begin. Takes the place of a mark of the same headers; of too many the oldest go.
--
-- ARGV
--   now       ms, "" for the server's TIME
--   channels  prefix of all channels
--   headers   text
--   ttl       ms, 0 to end it
--   most      how many are kept
-- Returns: 1
-- Uses: clock, presence
local marks = {}
for _, mark in ipairs(living_marks()) do
  if string.sub(mark, string.find(mark, " ", 1, true) + 1) ~= arg_headers then marks[#marks + 1] = mark end
end
if tonumber(arg_ttl) > 0 then marks[#marks + 1] = int(now + tonumber(arg_ttl)) .. " " .. arg_headers end
call("DEL", key_mark)
if #marks > 0 then call("RPUSH", key_mark, unpack(marks, math.max(1, #marks - tonumber(arg_most) + 1))) end
call("PUBLISH", arg_channels .. "ch:marks", "=")
return 1
