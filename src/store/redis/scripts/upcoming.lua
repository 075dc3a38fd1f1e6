-- Reads entries that are to be sent some day, in order of dispatch, then of name, as many as one call may give.
--
-- ARGV
--   now       ms, "" for the server's TIME
--   dispatch  of the place to begin after, "" for the first
--   name      of that place, escaped
--   limit     how many at most
-- Returns: { the place to go on after, "" and "" at the end; the entries: { name, definition record, state } }
-- Flags: allow-oom
-- Uses: clock, version, records, snapshots
local from = 0
if arg_dispatch ~= "" then
  -- No name has a blank: it stands for the place, behind the entry of that name, should it be there still.
  local place = arg_name .. " "
  call("ZADD", key_due, arg_dispatch, place)
  from = call("ZRANK", key_due, place)
  call("ZREM", key_due, place)
end
local names = call("ZRANGE", key_due, int(from), int(from + arg_limit - 1))
local found = stored_entries(names)
local last = found[#found]
return { last and call("ZSCORE", key_due, last[1]) or "", last and last[1] or "", found }
