-- Extends a permit.
--
-- ARGV
--   now       ms, "" for the server's TIME
--   channels  prefix of all channels
--   lock      escaped
--   token     of the permit
--   lease     ms from now
-- Returns: 1, or 0 when it has ended
-- Flags: allow-oom
-- Uses: clock, version, records, numbers, history, later, rate, graph-records, results, permits, lanes, unique, messages, waiters
local waiters = lock_waiters()
local request = waiters.holder_of(arg_lock, arg_token)
if request then
  permits().set_end(request, now + tonumber(arg_lease))
  permits().save_request(request)
end
pass_on()
finish()
return request and 1 or 0
