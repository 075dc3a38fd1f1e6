-- Reads entries in order of name, as many as one call may give.
--
-- ARGV
--   now       ms, "" for the server's TIME
--   after     escaped name to begin after, "" for the first
--   limit     how many at most
-- Returns: { name to go on after, "" at the end; the entries as of entries-get }
-- Flags: no-writes
-- Uses: clock, version, records, ends, snapshots
local from = arg_after == "" and "-" or "(" .. arg_after
local names = call("ZRANGEBYLEX", key_names, from, "+", "LIMIT", 0, arg_limit)
local found = snapshots(names)
local is_end = #found == #names and #names < tonumber(arg_limit)
return { is_end and "" or found[#found] and found[#found][1] or "", found }
