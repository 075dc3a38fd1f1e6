-- Gives the lead up.
--
-- ARGV
--   now       ms, "" for the server's TIME
--   channels  prefix of all channels
--   id        escaped, of the candidate
--   nonce     escaped
-- Returns: 1, or 0 when the candidate does not lead
-- Flags: allow-oom
-- Uses: clock, version, records
local id, nonce, ends_at = unpack(call("HMGET", key_beat, "id", "nonce", "until"))
if not ends_at or tonumber(ends_at) <= now or id ~= arg_id or nonce ~= arg_nonce then return 0 end
call("DEL", key_beat)
call("PUBLISH", arg_channels .. "ch:leader", "%" .. arg_id)
return 1
