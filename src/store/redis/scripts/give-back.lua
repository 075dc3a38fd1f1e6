-- Gives deliveries back unstarted: to the front of their queue, the delivery not counted.
--
-- KEYS
--   state     hash   id -> what has changed since
--   ready     zset   lines of ready messages, in order of text
--   eta       zset   line of a delayed message -> eta (ms)
--   lease     zset   line of a held message -> end of its lease (ms)
--   count     hash   kind and queue -> number of messages
-- ARGV
--   now       ms, "" for the server's TIME
--   channels  prefix of all channels
--   rest...   per delivery: id, token
-- Returns: one text with a letter per delivery: s given back, l lost
-- Flags: allow-oom
-- Uses: clock, numbers, later, results, messages
local outcomes = {}
for index = rest, #ARGV, 2 do
  local m = read_message(ARGV[index], nil, call("HGET", key_state, ARGV[index]))
  if not m or m.place ~= "h" or m.token ~= ARGV[index + 1] then
    outcomes[#outcomes + 1] = "l"
  else
    m.deliveries = m.deliveries - 1
    put_back(m)
    wake(m.queue)
    outcomes[#outcomes + 1] = "s"
  end
end
finish()
return table.concat(outcomes)
