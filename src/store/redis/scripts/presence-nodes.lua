-- Some of the nodes.
--
-- ARGV
--   now       ms, "" for the server's TIME
--   scan      where to go on, "0" for the beginning
-- Returns: { now, where to go on, "0" when all were seen; { record as kept (lib/presence.lua), ... } }
-- Flags: no-writes
-- Uses: clock
local scan, found = unpack(call("HSCAN", key_node, arg_scan, "COUNT", 30))
local records = {}
for index = 2, #found, 2 do records[#records + 1] = found[index] end
return { now_text, scan, records }
