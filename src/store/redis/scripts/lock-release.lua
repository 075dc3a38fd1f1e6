-- Ends a permit and gives it to the first who waits.
--
-- ARGV
--   now       ms, "" for the server's TIME
--   channels  prefix of all channels
--   lock      escaped
--   token     of the permit
--   forced    1 when it is broken: a process that holds it is told
-- Returns: 1, or 0 when it has ended
-- Flags: allow-oom
-- Uses: clock, version, records, numbers, history, later, rate, graph-records, results, permits, lanes, unique, messages, waiters
local waiters = lock_waiters()
local request = waiters.holder_of(arg_lock, arg_token)
if request then
  permits().release_request(request, arg_forced == "1" and EVENT_BROKEN or EVENT_RELEASED)
  if arg_forced == "1" and request.kind == KIND_PROCESS then call("PUBLISH", arg_channels .. "ch:lock", "*" .. request.id) end
end
pass_on()
finish()
return request and 1 or 0
