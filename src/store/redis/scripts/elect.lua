-- Takes or extends the lead.
--
-- KEYS
--   beat      hash   id, nonce, term, until, host, version of the leader
--   epoch     string last epoch given
-- ARGV
--   now       ms, "" for the server's TIME
--   id        escaped, of the candidate
--   nonce     escaped
--   host      escaped
--   version   escaped
--   lease     ms
-- Returns: { now, l leading | f following, term, until, id, host, version }, texts escaped
-- Flags: allow-oom
-- Uses: clock
local id, nonce, term, till, host, version =
  unpack(call("HMGET", key_beat, "id", "nonce", "term", "until", "host", "version"))
local lease_end = int(now + tonumber(arg_lease))
if till and tonumber(till) > now then
  if id ~= arg_id or nonce ~= arg_nonce then return { now_text, "f", term, till, id, host, version } end
else
  -- Microseconds of the clock: so an epoch also grows where the last write was lost.
  local epoch = int(math.max(tonumber(call("GET", key_epoch) or 0) + 1, now * 1000))
  term = epoch .. "%3A" .. arg_nonce
  call("SET", key_epoch, epoch)
  call("HSET", key_beat, "id", arg_id, "nonce", arg_nonce, "term", term, "host", arg_host, "version", arg_version)
end
call("HSET", key_beat, "until", lease_end)
return { now_text, "l", term, lease_end, arg_id, arg_host, arg_version }
