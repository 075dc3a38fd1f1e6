-- Entries as they are read: { name, definition record, state, unfinished runs, 1 when a run is held }.

local function snapshots(names)
  local found = {}
  for index, name in ipairs(names) do
    local state = redis.call("HGET", key_estate, name)
    local definition = state and redis.call("HGET", key_entry, name)
    if definition then
      local unfinished = redis.call("ZLEXCOUNT", key_runs, "[" .. name .. " ", "(" .. name .. "!")
      found[index] = { name, definition, state, unfinished, redis.call("HEXISTS", key_hold, name) }
    else
      found[index] = { name }
    end
  end
  return found
end
