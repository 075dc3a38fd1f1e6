-- Entries as they are read, and what runs of them. Commands for many at once: there may be a thousand.

-- { name, definition record, state }; { name } when there is none. The first ones: as many as one call may give.
local function stored_entries(names)
  local states, definitions, found = fields(key_estate, names), {}, {}
  local fits = read_values(key_entry, names, definitions, 0)
  for index = 1, fits do
    local name = names[index]
    local state, definition = states[name], definitions[index]
    found[index] = state and definition and { name, definition, state } or { name }
  end
  return found
end

-- The same, with the number of unfinished runs, and 1 when a run is held.
local function snapshots(names)
  local found = stored_entries(names)
  local runs, holds = redis.call("EXISTS", key_runs) == 1, redis.call("EXISTS", key_hold) == 1
  for index, entry in ipairs(found) do
    local name = names[index]
    if entry[2] then
      entry[4] = runs and redis.call("ZLEXCOUNT", key_runs, "[" .. name .. " ", "(" .. name .. "!") or 0
      entry[5] = holds and redis.call("HEXISTS", key_hold, name) or 0
    end
  end
  return found
end
