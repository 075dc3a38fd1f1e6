-- Takes or extends a lease.
--
-- ARGV
--   now       ms, "" for the server's TIME
--   id        escaped, of the candidate
--   nonce     escaped
--   host      escaped
--   version   escaped
--   lease     ms
--   name      a code of `lease`
-- Returns: { now, a code of `lead`, term, until, id, host, version }, texts escaped
-- Flags: allow-oom
-- Uses: clock, version, records
local lead, epoch_of = key_beat, key_epoch
if arg_name == LEASE_WATCH then lead, epoch_of = key_watcher, key_watchepoch end
local id, nonce, term, ends_at, host, version =
  unpack(call("HMGET", lead, "id", "nonce", "term", "until", "host", "version"))
local lease_end = int(now + tonumber(arg_lease))
if ends_at and tonumber(ends_at) > now then
  if id ~= arg_id or nonce ~= arg_nonce then return { now_text, LEAD_FOLLOWING, term, ends_at, id, host, version } end
else
  -- Microseconds of the clock: so an epoch also grows where the last write was lost.
  local last = call("GET", epoch_of)
  if not last then begin_store() end
  local epoch = int(math.max(tonumber(last or 0) + 1, now * 1000))
  term = epoch .. "%3A" .. arg_nonce
  call("SET", epoch_of, epoch)
  call("HSET", lead, "id", arg_id, "nonce", arg_nonce, "term", term, "host", arg_host, "version", arg_version)
end
call("HSET", lead, "until", lease_end)
return { now_text, LEAD_LEADING, term, lease_end, arg_id, arg_host, arg_version }
