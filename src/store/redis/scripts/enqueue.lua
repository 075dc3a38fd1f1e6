-- Sends messages. Each is judged alone.
--
-- KEYS
--   seq       string last number given to a message, an entry or a dead letter
--   msg       hash   id -> record as sent
--   state     hash   id -> what has changed since
--   ready     zset   lines of ready messages, in order of text
--   eta       zset   line of a scheduled message -> eta (ms)
--   parked    zset   line of a blocked message -> when it has waited too long (ms, inf never)
--   count     hash   kind and queue -> number of messages
--   res       hash   id -> result
--   runs      zset   unfinished runs of entries
--   holdid    hash   id of a buffered run -> entry
--   lock      hash   lock -> capacity
--   perm      zset   permits of locks, by their ends
--   line      zset   lines of locks, by turn
--   alive     zset   processes in line, by when they are no longer alive
--   tlock     hash   id of a message with a lock -> its standing
--   plock     hash   lock and waiter -> the standing of a process
--   lockwake  zset   lock with a line -> when its next permit ends (ms)
--   lockend   zset   lock without a line -> when its next permit ends (ms)
--   fence     string last fence given
--   locklog   stream history of locks
-- ARGV
--   now       ms, "" for the server's TIME
--   channels  prefix of all channels
--   templates    number of templates
--   rest...   the templates (lib/send.lua), then per message: number of its template from 1 on, id, body
-- Returns: one text with a letter per message: q queued, d duplicate, e expired
-- Uses: clock, numbers, later, results, permits, messages, line, send
local templates, ids = {}, {}
local first = rest + tonumber(arg_templates)
for index = rest, first - 1 do templates[#templates + 1] = read_template(ARGV[index]) end
for index = first, #ARGV, 3 do ids[#ids + 1] = ARGV[index + 1] end
local known = known_ids(ids)

reserve_numbers(#ids)
local outcomes = {}
for index, id in ipairs(ids) do
  if known[id] then
    outcomes[index] = "d"
  else
    local at = first + (index - 1) * 3
    local template = templates[tonumber(ARGV[at])]
    outcomes[index] = send(id, template, template.entry, ARGV[at + 2], next_number())
    known[id] = outcomes[index] == "q" or match(template.ttl, "[1-9]") ~= nil
  end
end
pass_on()
finish()
return table.concat(outcomes)
