-- Accounts for occurrences: sends, skips or buffers them, writes the ledger and moves the cursors; or does nothing, the whole
-- batch under a wrong term, an item otherwise.
--
-- ARGV
--   now       ms, "" for the server's TIME
--   channels  prefix of all channels
--   term      escaped
--   templates    number of templates
--   rest...   the templates (lib/send.lua), then per item: entry (escaped), "<revision> <expected due> <next due>
--             <next dispatch> <disable> <max runs> <basis> <occurrences>" (+ for null), then per occurrence one of
--               "<fate sent> <due, sixteen digits> <policy> <timeout> <grace> <number of its template>", id, body
--               "<fate skipped> <due, sixteen digits> <reason>"
--               "<fate range> <from, sixteen digits> <to> <count> <reason>", schedule
-- Returns: { now, outcome, ... }: a code of `tick` alone when fenced, else one text per item: its refusal in a word, or "="
--   and a code of `occurrence` per occurrence
-- Uses: clock, version, records, numbers, history, later, rate, graph-records, results, permits, lanes, unique, messages, waiters, ledger, entries, send, ends, runs, todo, parts, graph, graph-portions, graph-open, release
-- Of the current term: the fast path, which stands before this, has looked.
local templates = {}
local at = rest + tonumber(arg_templates)
for index = rest, at - 1 do templates[#templates + 1] = read_template(ARGV[index]) end

-- Everything is parsed before the first write.
local items, names, sent_ids = {}, {}, {}
while at <= #ARGV do
  local entry = ARGV[at]
  local revision, expect, due, dispatch, disable, max_runs, basis, occurrences =
    match(ARGV[at + 1], "^(%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (%d+)$")
  if not revision then error("sunbeat: not an item: " .. ARGV[at + 1]) end
  local plan, ends, ends_text = {}, -math.huge, nil
  at = at + 2
  for index = 1, tonumber(occurrences) do
    local kind, due_text, rest_of = match(ARGV[at], "^(%a) (%d+) (.*)$")
    local planned
    local end_text = due_text
    if kind == FATE_SENT then
      local policy, timeout, grace, template = match(rest_of, "^(%a) (%S+) (%S+) (%d+)$")
      planned = {
        kind = kind, due = tonumber(due_text), due_text = due_text, policy = policy, timeout = number_or_nil(timeout),
        grace = tonumber(grace), template = templates[tonumber(template)], id = ARGV[at + 1], body = ARGV[at + 2],
        entry = entry, term = arg_term, counted = true, max_runs = max_runs,
      }
      sent_ids[#sent_ids + 1] = planned.id
      at = at + 3
    elseif kind == FATE_SKIPPED then
      planned = { kind = kind, due = tonumber(due_text), due_text = due_text, reason = rest_of, tail = "" }
      at = at + 1
    else
      local to, missed, reason = match(rest_of, "^(%d+) (%S+) (%S+)$")
      planned = {
        kind = kind, due = tonumber(due_text), due_text = due_text, reason = reason,
        tail = to .. " " .. missed .. " " .. ARGV[at + 1],
      }
      end_text = to
      at = at + 2
    end
    plan[index] = planned
    if tonumber(end_text) > ends then ends, ends_text = tonumber(end_text), end_text end
  end
  items[#items + 1] = {
    entry = entry, revision = revision, expect = expect, due = due, dispatch = dispatch, disable = disable,
    max_runs = max_runs, basis = basis, plan = plan, ends = ends, ends_text = ends_text,
  }
  names[#names + 1] = entry
end
for name, text in pairs(fields(key_entrystate, names)) do entry_states[name] = read_entry_state(name, text) or false end
remember_known(sent_ids)

local function refusal(item, entry_state)
  if not entry_state then return "gone" end
  if entry_state.revision ~= item.revision then return "stale" end
  if entry_state.due ~= item.expect then return "moved" end
  -- Without a cursor to compare, the newest occurrence accounted for tells a repeated tick.
  local first = item.plan[1]
  if item.expect == "+" and first and entry_state.last ~= "+" and first.due <= tonumber(entry_state.last) then return "moved" end
  if item.ends > now then return "early" end
  if entry_state.paused ~= "+" or entry_state.disabled ~= "+" then return "paused" end
  return nil
end

local function account(item, entry_state)
  local letters = ""
  for _, planned in ipairs(item.plan) do
    if planned.kind == FATE_SENT then
      letters = letters .. start_run(planned)
    else
      add_record(item.entry, planned.due, planned.due_text, planned.kind, planned.reason, arg_term, planned.tail)
      letters = letters .. OCCURRENCE_SKIPPED
    end
  end
  if item.ends > (tonumber(entry_state.last) or -math.huge) then entry_state.last = item.ends_text end
  entry_state.basis = item.basis
  set_dueness(entry_state, item.due, item.dispatch, entry_state.paused,
    item.disable == "+" and entry_state.disabled or item.disable)
  end_when_spent(entry_state, item.max_runs)
  touch(entry_state)
  return "=" .. letters
end

reserve_numbers(#items + #sent_ids)
local reply = { now_text }
for index, item in ipairs(items) do
  local entry_state = entry_state_of(item.entry)
  reply[index + 1] = refusal(item, entry_state) or account(item, entry_state)
end
-- cancel-running may have ended runs that still waited.
follow_up()
leave_graph_changes()
save_entry_states()
finish()
return reply
