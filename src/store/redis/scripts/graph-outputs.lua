-- Reads results, the first ones of those that were asked for: as many as one call may give.
--
-- ARGV
--   now       ms, "" for the server's TIME
--   rest...   ids
-- Returns: the kept record of each, "" for none or a mark
-- Flags: no-writes
-- Uses: clock, version, records
local MOST_OUTPUT_BYTES = 1000000
local reply, bytes = {}, 0
for index = rest, #ARGV do
  local record = call("HGET", key_res, ARGV[index])
  if record then bytes = bytes + #record end
  if #reply > 0 and bytes > MOST_OUTPUT_BYTES then break end
  reply[#reply + 1] = is_kept(record) and not is_mark(record) and record or ""
end
return reply
