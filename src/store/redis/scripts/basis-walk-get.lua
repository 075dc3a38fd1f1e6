-- Reads what the walk over the entries keeps.
--
-- ARGV
--   now       ms, "" for the server's TIME
-- Returns: { basis, walk }, "" for none
-- Flags: no-writes
-- Uses: clock
return { call("HGET", key_meta, "basis") or "", call("HGET", key_meta, "basisWalk") or "" }
