-- Puts dead letters back into their queues, as if just sent, and forgets their results.
--
-- KEYS
--   seq       string last number given to a message, an entry or a dead letter
--   state     hash   id -> what has changed since
--   ready     zset   lines of ready messages, in order of text
--   eta       zset   line of a scheduled message -> eta (ms)
--   count     hash   kind and queue -> number of messages
--   res       hash   id -> result
--   dead      zset   queue and id of a dead letter -> order of dying
--   why       hash   id of a dead letter -> when and why
--   runs      zset   unfinished runs of entries
-- ARGV
--   now       ms, "" for the server's TIME
--   channels  prefix of all channels
--   rest...   ids
-- Returns: the number found
-- Uses: clock, numbers, later, results, permits, messages
local found = 0
for index = rest, #ARGV do
  local id = ARGV[index]
  local m = read_message(id, nil, call("HGET", key_state, id))
  if m and m.place == "d" then
    found = found + 1
    local number = next_number()
    call("ZREM", key_dead, m.queue .. " " .. id)
    call("HDEL", key_why, id)
    count(dead_counts, m.queue, -1)
    drop_result(id)
    m.place, m.retries, m.deliveries, m.revoked, m.at = "w", 0, 0, 0, now_text
    m.rank = string.sub(m.rank, 1, 1) .. format("%014.0f", number)
    save(m)
    if m.entry ~= "+" then call("ZADD", key_runs, 0, run_of(m)) end
    line_up(m)
    wake(m.queue)
  end
end
finish()
return found
