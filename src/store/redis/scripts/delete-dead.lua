-- Deletes dead letters. Their results stay.
--
-- ARGV
--   now       ms, "" for the server's TIME
--   channels  prefix of all channels
--   rest...   ids
-- Returns: the number found
-- Flags: allow-oom
-- Uses: clock, version, records, numbers, history, later, rate, graph-records, results, permits, lanes, unique, messages
local found = 0
for index = rest, #ARGV do
  local id = ARGV[index]
  local m = read_message(id, nil, call("HGET", key_state, id))
  if m and m.state == STATE_DEAD then
    found = found + 1
    call("ZREM", key_dead, m.queue .. " " .. id)
    call("HDEL", key_why, id)
    call("HDEL", key_msg, id)
    call("HDEL", key_state, id)
    if any_task_locks() then permits().forget_request(id) end
    count(STATE_DEAD, m.queue, -1)
  end
end
finish()
return found
