-- Some of the queues that are paused.
--
-- ARGV
--   now       ms, "" for the server's TIME
--   scan      where to go on, "0" for the beginning
-- Returns: { where to go on, "0" when all were seen; { queue, pause (lib/pause.lua), ... } }
-- Flags: no-writes
-- Uses: clock, version, pause
local scan, found = unpack(call("HSCAN", key_qconf, arg_scan, "COUNT", 500))
local paused = {}
for index = 1, #found, 2 do
  if is_in_force(found[index + 1]) then
    paused[#paused + 1] = found[index]
    paused[#paused + 1] = found[index + 1]
  end
end
return { scan, paused }
