-- Reads the entries that are due, earliest first, as many as one call may give.
--
-- ARGV
--   now       ms, "" for the server's TIME
--   limit     how many at most
-- Returns: { now; when the next one after these comes, "" never; the entries: { name, definition record, state } }
-- Flags: allow-oom
-- Uses: clock, version, records, snapshots
local limit = tonumber(arg_limit)
local names = call("ZRANGEBYSCORE", key_due, "-inf", now_text, "LIMIT", 0, limit)
-- A name without an entry is nobody's of us, and would come first for ever.
local entries = stored_entries(names)
for index = #entries, 1, -1 do
  if not entries[index][2] then
    call("ZREM", key_due, names[index])
    table.remove(entries, index)
  end
end
local next_at = call("ZRANGE", key_due, #entries, #entries, "WITHSCORES")[2]
return { now_text, next_at and int(tonumber(next_at)) or "", entries }
