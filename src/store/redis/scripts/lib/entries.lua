-- What changes of an entry while a script runs.

local entry_states, changed_entry_states = {}, {}

local function entry_state_of(name)
  local entry_state = entry_states[name]
  if entry_state == nil then
    entry_state = read_entry_state(name, call("HGET", key_entrystate, name))
    entry_states[name] = entry_state
  end
  return entry_state
end

-- The one place that changes what decides about dueness.
local function set_dueness(entry_state, due, dispatch, paused, disabled)
  if disabled ~= entry_state.disabled then
    entry_state.disabled = disabled
    entry_state.disabled_at = disabled == "+" and "+" or now_text
  end
  entry_state.due, entry_state.dispatch, entry_state.paused = due, dispatch, paused
end

-- Disables an entry that has sent as many runs as it may.
local function end_when_spent(entry_state, max_runs)
  if max_runs == "+" or entry_state.runs < tonumber(max_runs) then return end
  set_dueness(entry_state, "+", "+", entry_state.paused, entry_state.disabled == "+" and "max-runs" or entry_state.disabled)
end

-- To be written when the script is over, under a new etag.
local function touch(entry_state)
  entry_state.etag = int(next_number())
  changed_entry_states[entry_state.name] = entry_state
end

local function save_entry_states()
  for name, entry_state in pairs(changed_entry_states) do
    write_later("HSET", key_entrystate, name, entry_state.etag .. entry_state_rest(entry_state.revision, entry_state.due,
      entry_state.dispatch, entry_state.paused, entry_state.disabled,
      entry_state.disabled == "+" and entry_state.basis or entry_state.disabled_at, entry_state.last, entry_state.runs))
    if entry_state.dispatch ~= "+" and entry_state.paused == "+" and entry_state.disabled == "+" then
      write_later("ZADD", key_due, entry_state.dispatch, name)
    else
      call("ZREM", key_due, name)
    end
  end
  changed_entry_states = {}
end
