-- Entries as they are read, and what runs of them. Commands for many at once: there may be a thousand.

-- { name, definition record, state }; { name } when there is none. The first ones: as many as one call may give.
local function stored_entries(names)
  local states, definitions, found = fields(key_entrystate, names), {}, {}
  local fits = read_values(key_entry, names, definitions, 0)
  for index = 1, fits do
    local name = names[index]
    local state, definition = states[name], definitions[index]
    found[index] = state and definition and { name, definition, state } or { name }
  end
  return found
end

-- One call looks at so many runs. Where an entry has more than are left to look at, those that have expired count, too.
local MOST_RUNS = 500

-- The same, with the number of unfinished runs, 1 when a run is buffered, when one succeeded last, "" for never, and the name that
-- the entry had before, "" for none.
local function snapshots(names)
  local found = stored_entries(names)
  local any_runs, any_buffered = call("EXISTS", key_runs) == 1, call("EXISTS", key_buffered) == 1
  local successes, previous = fields(key_entrysuccess, names), fields(key_entryprevious, names)
  local left = MOST_RUNS
  for index, entry in ipairs(found) do
    local name = names[index]
    if entry[2] then
      local from, to = "[" .. name .. " ", "(" .. name .. "!"
      local unfinished = any_runs and call("ZLEXCOUNT", key_runs, from, to) or 0
      if unfinished > 0 and unfinished <= left then
        left = left - unfinished
        for _, run in ipairs(call("ZRANGEBYLEX", key_runs, from, to)) do
          local state = state_of(match(run, "^%S+ %d+ (.*)$") or "")
          if state == TOLD_EXPIRED or state == TOLD_REVOKED then unfinished = unfinished - 1 end
        end
      end
      entry[4] = unfinished
      local expires = any_buffered and match(call("HGET", key_buffered, name) or "", BUFFERED_EXPIRES)
      entry[5] = expires and (expires == "+" or tonumber(expires) > now) and 1 or 0
      entry[6] = successes[name] or ""
      entry[7] = previous[name] or ""
    end
  end
  return found
end
