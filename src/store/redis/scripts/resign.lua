-- Gives a lease up.
--
-- ARGV
--   now       ms, "" for the server's TIME
--   channels  prefix of all channels
--   id        escaped, of the candidate
--   nonce     escaped
--   name      a code of `lease`
--   topic     on which it is told
-- Returns: 1, or 0 when the candidate does not lead
-- Flags: allow-oom
-- Uses: clock, version, records
local lead = arg_name == LEASE_WATCH and key_watcher or key_beat
local id, nonce, ends_at = unpack(call("HMGET", lead, "id", "nonce", "until"))
if not ends_at or tonumber(ends_at) <= now or id ~= arg_id or nonce ~= arg_nonce then return 0 end
call("DEL", lead)
call("PUBLISH", arg_channels .. "ch:" .. arg_topic, "%" .. arg_id)
return 1
