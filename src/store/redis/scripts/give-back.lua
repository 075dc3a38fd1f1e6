-- Gives deliveries back unstarted: to the front of their queue, the delivery not counted.
--
-- ARGV
--   now       ms, "" for the server's TIME
--   channels  prefix of all channels
--   rest...   per delivery: id, token
-- Returns: one text with a code of `settled` per delivery
-- Flags: allow-oom
-- Uses: clock, version, records, numbers, history, later, rate, graph-records, results, permits, lanes, unique, messages, waiters
local outcomes = {}
for index = rest, #ARGV, 2 do
  local m = read_message(ARGV[index], nil, call("HGET", key_state, ARGV[index]))
  if not m or m.state ~= STATE_LEASED or m.token ~= ARGV[index + 1] then
    outcomes[#outcomes + 1] = SETTLED_LOST
  else
    m.deliveries = m.deliveries - 1
    if any_task_locks() then permits().reserve_permit(m.id) end
    put_back(m)
    wake(m.queue)
    outcomes[#outcomes + 1] = SETTLED_SETTLED
  end
end
pass_on()
finish()
return table.concat(outcomes)
