-- Takes a permit for a process, or a place behind all who wait.
--
-- ARGV
--   now       ms, "" for the server's TIME
--   channels  prefix of all channels
--   lock      escaped
--   capacity  the newest caller's counts for everybody
--   waiter    escaped; asking again under the same name changes nothing but the time
--   label     escaped
--   lease     ms of the permit
--   alive     ms a waiter counts as alive after it was heard of; "" for one that does not wait
-- Returns: { now, a code of `acquired`, the capacity before when it was another, else "", ... }: of a granted one then token and fence,
--   of one that waits when to look again (ms)
-- Uses: clock, version, records, numbers, history, later, rate, graph-records, results, permits, lanes, unique, messages, waiters
local lease, alive = tonumber(arg_lease), tonumber(arg_alive)
local waiters = lock_waiters()
local before = waiters.capacity_of(arg_lock)
if not before or before == arg_capacity then before = "" end
local request = permits().process_request(arg_lock, arg_waiter)
local was_offered = request and permits().is_offered(request)
if request and request.status == REQUEST_ABSENT then waiters.come_back(request) end
local room = waiters.has_room(arg_lock, arg_capacity, nil, arg_waiter)
request = permits().process_request(arg_lock, arg_waiter)
local reply
if not request and not room and not alive then
  reply = { now_text, ACQUIRED_BUSY, before }
else
  local is_new = not request
  if is_new then
    request = permits().new_process_request(arg_lock, arg_waiter, arg_capacity, room and lease or OFFER_MS, arg_label)
    if not room then request.ticket, request.ends_at = int(next_number()), now + alive end
    waiters.enter(request, arg_capacity, room, now + lease)
  end
  if request.status == REQUEST_HOLDING then
    if not is_new then
      permits().fetch_permit(request)
      permits().set_end(request, now + lease)
      permits().save_request(request)
      if was_offered and call("ZSCORE", key_lockwake, arg_lock) then
        call("PUBLISH", arg_channels .. "ch:lock-fetched", "%" .. arg_waiter)
      end
    end
    reply = { now_text, ACQUIRED_GRANTED, before, permits().permit_token(request), request.fence }
  else
    if alive and not is_new then
      call("ZREM", key_alive, lock_position(request.lock, request.ends_at, request.id))
      request.ends_at = now + alive
      call("ZADD", key_alive, 0, lock_position(request.lock, request.ends_at, request.id))
      permits().save_request(request)
    end
    reply = { now_text, ACQUIRED_WAITING, before, call("ZSCORE", key_lockwake, arg_lock) or now_text }
  end
end
pass_on()
finish()
return reply
