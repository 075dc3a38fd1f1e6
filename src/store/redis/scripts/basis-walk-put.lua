-- Writes what the walk over the entries keeps, for the current term.
--
-- ARGV
--   now       ms, "" for the server's TIME
--   term      escaped
--   basis     text, "" for none
--   walk      text, "" for none
-- Returns: 1 when it is written, 0 when the term is not the current one
-- Uses: clock
local term, ends_at = unpack(call("HMGET", key_beat, "term", "until"))
if term ~= arg_term or not ends_at or tonumber(ends_at) <= now then return 0 end
call("HSET", key_meta, "basis", arg_basis, "basisWalk", arg_walk)
return 1
