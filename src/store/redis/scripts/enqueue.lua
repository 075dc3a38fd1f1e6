-- Sends messages. Each is judged alone.
--
-- KEYS
--   seq       string last number given to a message, an entry or a dead letter
--   msg       hash   id -> record as sent
--   ready     zset   lines of ready messages, in order of text
--   eta       zset   line of a delayed message -> eta (ms)
--   count     hash   kind and queue -> number of messages
--   res       hash   id -> result
--   resx      zset   id -> when its result ends (ms)
--   runs      zset   unfinished runs of entries
--   holdid    hash   id of a held run -> entry
-- ARGV
--   now       ms, "" for the server's TIME
--   channels  prefix of all channels
--   shapes    number of shapes
--   rest...   the shapes (lib/send.lua), then per message: number of its shape from 1 on, id, body
-- Returns: one text with a letter per message: q queued, d duplicate, e expired
-- Uses: clock, numbers, later, results, send
local shapes, ids = {}, {}
local first = rest + tonumber(arg_shapes)
for index = rest, first - 1 do shapes[#shapes + 1] = read_shape(ARGV[index]) end
for index = first, #ARGV, 3 do ids[#ids + 1] = ARGV[index + 1] end
local known = known_ids(ids)

reserve_numbers(#ids)
local outcomes = {}
for index, id in ipairs(ids) do
  if known[id] then
    outcomes[index] = "d"
  else
    local at = first + (index - 1) * 3
    local shape = shapes[tonumber(ARGV[at])]
    outcomes[index] = send(id, shape, shape.entry, ARGV[at + 2], next_number())
    known[id] = outcomes[index] == "q" or tonumber(shape.ttl) > 0
  end
end
finish()
return table.concat(outcomes)
