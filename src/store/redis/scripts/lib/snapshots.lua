-- Entries as they are read, and what runs of them. Commands for many at once: there may be a thousand.

-- { name, definition record, state }; { name } when there is none.
local function stored_entries(names)
  local states, definitions, found = fields(key_estate, names), fields(key_entry, names), {}
  for index, name in ipairs(names) do
    local state, definition = states[name], definitions[name]
    found[index] = state and definition and { name, definition, state } or { name }
  end
  return found
end

-- The same, with the number of unfinished runs, and 1 when a run is held.
local function snapshots(names)
  local found = stored_entries(names)
  local runs, holds = redis.call("EXISTS", key_runs) == 1, redis.call("EXISTS", key_hold) == 1
  for index, name in ipairs(names) do
    if found[index][2] then
      found[index][4] = runs and redis.call("ZLEXCOUNT", key_runs, "[" .. name .. " ", "(" .. name .. "!") or 0
      found[index][5] = holds and redis.call("HEXISTS", key_hold, name) or 0
    end
  end
  return found
end
