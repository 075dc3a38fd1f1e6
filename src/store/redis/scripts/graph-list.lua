-- Reads graphs, newest first, some hundreds at a time.
--
-- ARGV
--   now       ms, "" for the server's TIME
--   after     the id behind which to begin, "" for the newest
--   limit     how many to look at
-- Returns: { the last id that was looked at, "" when all were; per graph: id, record, value, as graph-get has them }
-- Flags: no-writes
-- Uses: clock, version, records, graph-records
local rank = arg_after ~= "" and call("ZREVRANK", key_gtime, arg_after)
if arg_after ~= "" and not rank then return { "" } end
local from = rank and rank + 1 or 0
local ids = call("ZREVRANGE", key_gtime, from, from + arg_limit - 1)
local reply = { #ids == tonumber(arg_limit) and ids[#ids] or "" }
for _, id in ipairs(ids) do
  local told = {}
  told_graph(id, told)
  if told[1] ~= "" then
    local size = #reply
    reply[size + 1], reply[size + 2], reply[size + 3] = id, told[1], told[2]
  end
end
return reply
