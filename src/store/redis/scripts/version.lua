-- Reads of which version the keys of the namespace are.
--
-- ARGV
--   now       ms, "" for the server's TIME
-- Returns: { now; the version, "" when none is written; 1 when there are keys of ours, else 0; the version of these scripts }
-- Flags: no-writes
-- Uses: clock, version
local is_used = call("EXISTS", key_seq, key_epoch, key_fence) > 0
return { now_text, call("HGET", key_meta, "version") or "", is_used and 1 or 0, VERSION }
