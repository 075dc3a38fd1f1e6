-- Instants, numbers, calls with many arguments, and how much one call does. `now` is the one reading of the clock in a
-- script.
-- Needs: ARGV now

local call, format, match = redis.call, string.format, string.match

-- Whole numbers as text: tostring would write large ones with an exponent.
local function int(whole)
  return format("%.0f", whole)
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

-- How much one call does: while a script runs the server has nobody else's turn. What each kind of work costs is told in
-- microseconds of a slow machine and counted, not measured, so that a call does the same everywhere. Whoever can leave the rest to
-- another call looks at `labour` between two pieces of work.

-- About four milliseconds.
local LABOUR = 4000
local labour = LABOUR

local function work(cost)
  labour = labour - cost
end

-- How many pieces of that cost there is time for, with a share of what is left for each of several kinds; one at least.
local function affordable(cost, share)
  return math.max(1, math.floor(labour * (share or 1) / cost))
end

-- What is read and given in one call, in bytes: copying a megabyte takes as long as all else may.
local MOST_BYTES = 524288

-- Values of a hash, in the order of `names`, until they are as many bytes as one call may read; gives how many were
-- asked for and how many bytes they are. In parts that grow as the values turn out to be small.
local function read_values(key, names, values, bytes)
  local from, size = 1, 4
  while from <= #names and bytes < MOST_BYTES do
    local to = math.min(#names, from + size - 1)
    local part = call("HMGET", key, unpack(names, from, to))
    local largest = 1
    for index = from, to do
      local value = part[index - from + 1]
      values[index] = value
      if value then
        bytes = bytes + #value
        largest = math.max(largest, #value)
      end
    end
    from = to + 1
    size = math.max(1, math.min(4 * size, 1000, math.floor((MOST_BYTES - bytes) / largest)))
  end
  return from - 1, bytes
end
