-- What changes of an entry: "<etag> <revision> <due> <dispatch> <paused> <disabled> <disabled at> <last> <runs>".

local ESTATE = "^(%d+) (%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (%d+)$"

local estates, changed_estates = {}, {}

local function read_estate(name, text)
  if not text then return nil end
  local etag, revision, due, dispatch, paused, disabled, disabled_at, last, runs = match(text, ESTATE)
  if not etag then return nil end
  return {
    name = name, etag = etag, revision = revision, due = due, dispatch = dispatch, paused = paused,
    disabled = disabled, disabled_at = disabled_at, last = last, runs = tonumber(runs),
  }
end

local function estate_of(name)
  local estate = estates[name]
  if estate == nil then
    estate = read_estate(name, call("HGET", key_estate, name)) or false
    estates[name] = estate
  end
  return estate
end

-- The one place that changes what decides about dueness.
local function set_standing(estate, due, dispatch, paused, disabled)
  if disabled ~= estate.disabled then
    estate.disabled = disabled
    estate.disabled_at = disabled == "+" and "+" or now_text
  end
  estate.due, estate.dispatch, estate.paused = due, dispatch, paused
end

-- Disables an entry that has sent as many runs as it may.
local function end_when_spent(estate, max_runs)
  if max_runs == "+" or estate.runs < tonumber(max_runs) then return end
  set_standing(estate, "+", "+", estate.paused, estate.disabled == "+" and "max-runs" or estate.disabled)
end

-- To be written when the script is over, under a new etag.
local function touch(estate)
  estate.etag = int(next_number())
  changed_estates[estate.name] = estate
end

local function save_estates()
  for name, estate in pairs(changed_estates) do
    write_later("HSET", key_estate, name, estate.etag .. " " .. estate.revision .. " " .. estate.due .. " "
      .. estate.dispatch .. " " .. estate.paused .. " " .. estate.disabled .. " " .. estate.disabled_at .. " "
      .. estate.last .. " " .. int(estate.runs))
    if estate.dispatch ~= "+" and estate.paused == "+" and estate.disabled == "+" then
      write_later("ZADD", key_due, estate.dispatch, name)
    else
      call("ZREM", key_due, name)
    end
  end
  changed_estates = {}
end
