-- Sends a run of an entry now, outside the schedule.
--
-- ARGV
--   now       ms, "" for the server's TIME
--   channels  prefix of all channels
--   name      escaped, of the entry
--   overlap   "<policy> <timeout> <grace>"; the policy is allow also where the run is forced
--   template     lib/send.lua
--   id        of the message
--   body      of the message
-- Returns: a code of `occurrence` or `trigger`
-- Uses: clock, version, records, numbers, history, later, rate, graph-records, results, permits, lanes, unique, messages, waiters, ledger, entries, send, ends, runs, todo, parts, graph, graph-portions, graph-open, release
local template = read_template(arg_template)
local policy, timeout, grace = match(arg_overlap, "^(%a) (%S+) (%S+)$")
if not policy then error("sunbeat: not an overlap: " .. arg_overlap) end
if not entry_state_of(arg_name) then return TRIGGER_GONE end
if call("HEXISTS", key_bufferedid, arg_id) == 1 then return OCCURRENCE_BUFFERED end
if known_ids({ arg_id })[arg_id] then return OCCURRENCE_SENT end
local outcome = start_run({
  entry = arg_name, id = arg_id, due = now, due_text = format("%016.0f", now), term = "+", counted = false,
  max_runs = "+", template = template, body = arg_body, policy = policy, timeout = number_or_nil(timeout),
  grace = tonumber(grace),
})
follow_up()
leave_graph_changes()
save_entry_states()
finish()
call("PUBLISH", arg_channels .. "ch:entries", "%" .. arg_name)
return outcome
