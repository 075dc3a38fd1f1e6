-- Deletes dead letters. Their results stay.
--
-- KEYS
--   msg       hash   id -> record as sent
--   state     hash   id -> what has changed since
--   count     hash   kind and queue -> number of messages
--   dead      zset   queue and id of a dead letter -> order of dying
--   why       hash   id of a dead letter -> when and why
--   perm      zset   permits of locks, by their ends
--   line      zset   lines of locks, by turn
--   alive     zset   processes in line, by when they are no longer alive
--   tlock     hash   id of a message with a lock -> its standing
--   plock     hash   lock and waiter -> the standing of a process
--   fence     string last fence given
--   locklog   stream history of locks
-- ARGV
--   now       ms, "" for the server's TIME
--   channels  prefix of all channels
--   rest...   ids
-- Returns: the number found
-- Flags: allow-oom
-- Uses: clock, numbers, later, results, permits, messages
local found = 0
for index = rest, #ARGV do
  local id = ARGV[index]
  local m = read_message(id, nil, call("HGET", key_state, id))
  if m and m.place == "d" then
    found = found + 1
    call("ZREM", key_dead, m.queue .. " " .. id)
    call("HDEL", key_why, id)
    call("HDEL", key_msg, id)
    call("HDEL", key_state, id)
    if any_task_locks() then permits().forget_lock(id) end
    count(dead_counts, m.queue, -1)
  end
end
finish()
return found
