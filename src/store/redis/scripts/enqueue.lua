-- Sends messages. Each is judged alone.
--
-- ARGV
--   now       ms, "" for the server's TIME
--   channels  prefix of all channels
--   templates    number of templates
--   rest...   the templates (lib/send.lua), then per message: number of its template from 1 on, id, body
-- Returns: one text with a code of `enqueued` per message; where one is joined or refused, a list of it and the ids of the others, in order
-- Uses: clock, version, records, numbers, history, later, rate, graph-records, results, permits, lanes, unique, messages, waiters, send, full
local templates, ids = {}, {}
local first = rest + tonumber(arg_templates)
for index = rest, first - 1 do templates[#templates + 1] = read_template(ARGV[index]) end
for index = first, #ARGV, 3 do ids[#ids + 1] = ARGV[index + 1] end
local known = known_ids(ids)

reserve_numbers(#ids)
local outcomes, others = {}, {}
for index, id in ipairs(ids) do
  if known[id] then
    outcomes[index] = ENQUEUED_DUPLICATE
  else
    local at = first + (index - 1) * 3
    local template = templates[tonumber(ARGV[at])]
    local is_bound = template.most and not (template.expires and template.expires <= now)
    -- What another of its unique key stands for adds nothing to the queue.
    if is_bound and is_full(template.queue, template.most) and not (template.unique and uniques().find_key(template.unique.key)) then
      outcomes[index] = ENQUEUED_FULL
    else
      local outcome, other = send(id, template, template.entry, ARGV[at + 2], next_number())
      outcomes[index], others[#others + 1] = outcome, other
      if is_bound and outcome == ENQUEUED_QUEUED then lengths[template.queue] = lengths[template.queue] + 1 end
      known[id] = outcome == ENQUEUED_QUEUED or outcome == ENQUEUED_EXPIRED and match(template.ttl, "[1-9]") ~= nil
    end
  end
end
pass_on()
finish()
if #others > 0 then return { table.concat(outcomes), unpack(others) } end
return table.concat(outcomes)
