-- Who holds a lock, or who waits for it, some hundred of them at a time.
--
-- ARGV
--   now       ms, "" for the server's TIME
--   channels  prefix of all channels
--   lock      escaped
--   side      a code of `side`
--   after     position after which to go on, "" for the first
-- Returns: { capacity, held, waiting, position after which to go on, "" at the end, the page }, or {} when there is no such lock.
--   Per holder, in no order: token, a code of `kind`, id, label, fence, since, until. Per waiter, foremost first: a code
--   of `kind`, id, label, since
-- Flags: allow-oom
-- Uses: clock, version, records, numbers, history, later, rate, graph-records, results, permits, lanes, unique, messages, waiters
local PAGE = 100
local waiters = lock_waiters()
waiters.hand_over(arg_lock)
local capacity, held, waiting = waiters.summary_of(arg_lock)
if not capacity then
  finish()
  return {}
end
local from, to = waiters.range_of(arg_lock)
if arg_after ~= "" then from = "(" .. arg_after end
local positions = call("ZRANGEBYLEX", arg_side == SIDE_HOLDERS and key_permits or key_waiters, from, to, "LIMIT", 0, PAGE)
local page = {}
for _, position in ipairs(positions) do
  local request = permits().request_of(arg_lock, match(position, "^%S+ %d+ (.*)$"))
  if request and (request.kind == KIND_TASK and arg_side == SIDE_WAITERS or request.ends_at > now) then
    if arg_side == SIDE_HOLDERS then page[#page + 1] = permits().permit_token(request) end
    for _, value in ipairs({ request.kind, request.id, request.label }) do page[#page + 1] = value end
    if arg_side == SIDE_HOLDERS then page[#page + 1] = request.fence end
    page[#page + 1] = int(request.since)
    if arg_side == SIDE_HOLDERS then page[#page + 1] = int(request.ends_at) end
  end
end
finish()
return { capacity, held, waiting, #positions == PAGE and positions[PAGE] or "", page }
