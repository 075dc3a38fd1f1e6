-- Reads who leads.
--
-- ARGV
--   now       ms, "" for the server's TIME
-- Returns: { id, host, version, term, until }, texts escaped; {} when nobody leads
-- Flags: no-writes
-- Uses: clock, version, records
local leader = call("HMGET", key_beat, "id", "host", "version", "term", "until")
if not leader[5] or tonumber(leader[5]) <= now then return {} end
return leader
