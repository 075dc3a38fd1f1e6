-- Writes entries over the etags that were read. Each is judged alone.
--
-- ARGV
--   now       ms, "" for the server's TIME
--   channels  prefix of all channels
--   rest...   per entry: name (escaped), "<expected etag, + for none> <revision> <due> <dispatch> <paused>
--             <disabled> <basis> <previous name> <last due> <runs> <number of ranges>" (+ for null, and for runs that stay as they are),
--             definition record, then per range: "<from, sixteen digits> <to> <count> <reason>",
--             schedule
-- Returns: one text with a code of `put` per entry
-- Uses: clock, version, records, numbers, history, later, ledger, entries
local outcomes, at = {}, rest
while at <= #ARGV do
  local name, definition = ARGV[at], ARGV[at + 2]
  local expect, revision, due, dispatch, paused, disabled, basis, previous, last, runs, ranges =
    match(ARGV[at + 1], "^(%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (%d+)$")
  if not expect then error("sunbeat: not an entry: " .. ARGV[at + 1]) end
  at = at + 3
  local first_range = at
  at = at + ranges * 2
  local entry_state = entry_state_of(name)
  if (entry_state and entry_state.etag or "+") ~= expect then
    outcomes[#outcomes + 1] = PUT_CONFLICT
  else
    if not entry_state then
      entry_state = {
        name = name, due = "+", dispatch = "+", paused = "+", disabled = "+", disabled_at = "+", last = "+", runs = 0,
      }
      entry_states[name] = entry_state
      call("HDEL", key_entryprevious, name)
    end
    -- Its maxRuns may be another than the one under which a run of it is buffered (lib/runs.lua): the next tick knows.
    local buffered = entry_state.revision and entry_state.revision ~= revision and call("HGET", key_buffered, name)
    if buffered then call("HSET", key_buffered, name, without_max_runs(buffered)) end
    entry_state.revision, entry_state.basis = revision, basis
    if runs ~= "+" then entry_state.last, entry_state.runs = last, tonumber(runs) end
    set_dueness(entry_state, due, dispatch, paused, disabled)
    touch(entry_state)
    write_later("HSET", key_entry, name, definition)
    write_later("ZADD", key_names, 0, name)
    if previous ~= "+" then write_later("HSET", key_entryprevious, name, previous) end
    for index = first_range, at - 1, 2 do
      local from, to, missed, reason = match(ARGV[index], "^(%d+) (%S+) (%S+) (%S+)$")
      add_record(name, tonumber(from), from, FATE_RANGE, reason, "+", to .. " " .. missed .. " " .. ARGV[index + 1])
    end
    call("PUBLISH", arg_channels .. "ch:entries", "%" .. name)
    outcomes[#outcomes + 1] = PUT_STORED
  end
end
save_entry_states()
finish()
return table.concat(outcomes)
