-- Sends messages. Each is judged alone.
--
-- ARGV
--   now       ms, "" for the server's TIME
--   channels  prefix of all channels
--   templates    number of templates
--   rest...   the templates (lib/send.lua), then per message: number of its template from 1 on, id, body
-- Returns: one text with a code of `enqueued` per message
-- Uses: clock, version, records, numbers, later, graph-records, results, permits, messages, waiters, send
local templates, ids = {}, {}
local first = rest + tonumber(arg_templates)
for index = rest, first - 1 do templates[#templates + 1] = read_template(ARGV[index]) end
for index = first, #ARGV, 3 do ids[#ids + 1] = ARGV[index + 1] end
local known = known_ids(ids)

reserve_numbers(#ids)
local outcomes = {}
for index, id in ipairs(ids) do
  if known[id] then
    outcomes[index] = ENQUEUED_DUPLICATE
  else
    local at = first + (index - 1) * 3
    local template = templates[tonumber(ARGV[at])]
    outcomes[index] = send(id, template, template.entry, ARGV[at + 2], next_number())
    known[id] = outcomes[index] == ENQUEUED_QUEUED or match(template.ttl, "[1-9]") ~= nil
  end
end
pass_on()
finish()
return table.concat(outcomes)
