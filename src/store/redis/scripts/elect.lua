-- Takes or extends the lead.
--
-- ARGV
--   now       ms, "" for the server's TIME
--   id        escaped, of the candidate
--   nonce     escaped
--   host      escaped
--   version   escaped
--   lease     ms
-- Returns: { now, a code of `lead`, term, until, id, host, version }, texts escaped
-- Flags: allow-oom
-- Uses: clock, version, records
local id, nonce, term, ends_at, host, version =
  unpack(call("HMGET", key_beat, "id", "nonce", "term", "until", "host", "version"))
local lease_end = int(now + tonumber(arg_lease))
if ends_at and tonumber(ends_at) > now then
  if id ~= arg_id or nonce ~= arg_nonce then return { now_text, LEAD_FOLLOWING, term, ends_at, id, host, version } end
else
  -- Microseconds of the clock: so an epoch also grows where the last write was lost.
  local last = call("GET", key_epoch)
  if not last then begin_store() end
  local epoch = int(math.max(tonumber(last or 0) + 1, now * 1000))
  term = epoch .. "%3A" .. arg_nonce
  call("SET", key_epoch, epoch)
  call("HSET", key_beat, "id", arg_id, "nonce", arg_nonce, "term", term, "host", arg_host, "version", arg_version)
end
call("HSET", key_beat, "until", lease_end)
return { now_text, LEAD_LEADING, term, lease_end, arg_id, arg_host, arg_version }
