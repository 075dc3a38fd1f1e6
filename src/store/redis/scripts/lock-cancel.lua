-- Takes a process from the waiters; a permit granted to it meanwhile is given back.
--
-- ARGV
--   now       ms, "" for the server's TIME
--   channels  prefix of all channels
--   lock      escaped
--   waiter    escaped
-- Returns: 1 when it was there, else 0
-- Flags: allow-oom
-- Uses: clock, version, records, numbers, history, later, rate, graph-records, results, permits, lanes, unique, messages, waiters
lock_waiters().capacity_of(arg_lock)
local request = permits().process_request(arg_lock, arg_waiter)
local has_ended = request and request.ends_at <= now and request.status ~= REQUEST_WAITING and not permits().is_offered(request)
if request then permits().release_request(request, EVENT_RELEASED) end
pass_on()
finish()
return request and not has_ended and 1 or 0
