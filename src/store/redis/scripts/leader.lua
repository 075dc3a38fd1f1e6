-- Reads who has a lease.
--
-- ARGV
--   now       ms, "" for the server's TIME
--   name      a code of `lease`
-- Returns: { id, host, version, term, until }, texts escaped; {} when nobody leads
-- Flags: no-writes
-- Uses: clock, version, records
local lead = arg_name == LEASE_WATCH and key_watcher or key_beat
local leader = call("HMGET", lead, "id", "host", "version", "term", "until")
if not leader[5] or tonumber(leader[5]) <= now then return {} end
return leader
