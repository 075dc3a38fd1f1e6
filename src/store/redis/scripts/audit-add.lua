-- Keeps a row of the audit: "<at> <by> <via> <from> <verb> <target> <outcome> <args>".
--
-- ARGV
--   now       ms, "" for the server's TIME
--   rows      how many are kept
--   head      by, via, from, verb, target and outcome, escaped, parted by spaces
--   args      text
-- Returns: types of events that somebody watches, escaped
-- Uses: clock, presence
call("XADD", key_audit, "MAXLEN", arg_rows, "*", "row", now_text .. " " .. arg_head .. " " .. arg_args)
return watched_types()
