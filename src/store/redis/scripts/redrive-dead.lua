-- Puts dead letters back into their queues, as if just sent, and forgets their results.
--
-- ARGV
--   now       ms, "" for the server's TIME
--   channels  prefix of all channels
--   rest...   ids
-- Returns: the number found
-- Uses: clock, version, records, numbers, history, later, rate, graph-records, results, permits, lanes, unique, messages
local found = 0
for index = rest, #ARGV do
  local id = ARGV[index]
  local m = read_message(id, nil, call("HGET", key_state, id))
  if m and m.state == STATE_DEAD then
    found = found + 1
    call("ZREM", key_dead, m.queue .. " " .. id)
    call("HDEL", key_why, id)
    count(STATE_DEAD, m.queue, -1)
    drop_result(id)
    m.state, m.retries, m.deliveries, m.revoked, m.at = STATE_QUEUED, 0, 0, 0, now_text
    renew_rank(m)
    save(m)
    if m.entry ~= "+" then call("ZADD", key_runs, 0, run_text(m.entry, format("%014.0f", now), id)) end
    put_in_queue(m)
    wake(m.queue)
  end
end
finish()
return found
