-- Instants, numbers and calls with many arguments. `now` is the one reading of the clock in a script.
-- Needs: ARGV now

local call, format, match = redis.call, string.format, string.match

-- Whole numbers as text: tostring would write large ones with an exponent.
local function int(number)
  return format("%.0f", number)
end

local now_text = arg_now
if now_text == "" then
  local time = call("TIME")
  -- Seconds, and of the microseconds after them the first three of six digits.
  now_text = time[1] .. string.sub("00000" .. time[2], -6, -4)
end
local now = tonumber(now_text)

-- A command with a list of arguments, in parts that fit on Lua's stack; pairs stay together.
local function many(command, key, list)
  local count = #list
  for from = 1, count, 4000 do
    call(command, key, unpack(list, from, math.min(from + 3999, count)))
  end
end

-- HMGET of a list: field to value, absent ones are false.
local function fields(key, names)
  local found = {}
  for from = 1, #names, 4000 do
    local to = math.min(from + 3999, #names)
    local values = call("HMGET", key, unpack(names, from, to))
    for index = from, to do found[names[index]] = values[index - from + 1] end
  end
  return found
end

-- "+" stands for null; all other texts of ours have it escaped.
local function number_or_nil(text)
  if text == "+" then return nil end
  return tonumber(text)
end
