-- Reads results, the first ones of those that were asked for: as many as one call may give.
--
-- ARGV
--   now       ms, "" for the server's TIME
--   rest...   ids
-- Returns: the kept record of each, "" for none or a mark
-- Flags: no-writes
-- Uses: clock, version, records
local MOST_OUTPUT_BYTES = 1000000
local ids, records, reply, bytes = {}, {}, {}, 0
for index = rest, #ARGV do ids[#ids + 1] = ARGV[index] end
local fits = read_values(key_res, ids, records, 0)
for index = 1, fits do
  local record = records[index]
  bytes = bytes + #(record or "")
  if index > 1 and bytes > MOST_OUTPUT_BYTES then break end
  reply[index] = is_kept(record) and not is_mark(record) and record or ""
end
return reply
