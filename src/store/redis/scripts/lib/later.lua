-- Writes that wait for the end of a script, so that a thousand of one kind are one call. Hashes take HSET and HDEL, sorted
-- sets ZADD and ZREM. Who reads what may be waiting calls `flush` first; nothing is both removed and written in between.

local later, gone = {}, {}
-- Entries of which a new run waits to be written.
local fresh_runs = {}
-- State and queue -> how many more messages.
local counts = {}
local woken = {}
-- Queues into which messages came back that a lock had blocked.
local unblocked = {}

local function write_later(command, key, first, second)
  local list = later[key]
  if not list then
    list = { command = command, size = 0 }
    later[key] = list
  end
  -- Counted, since the length operator looks for the end each time.
  local size = list.size
  list[size + 1] = first
  list[size + 2] = second
  list.size = size + 2
end

local function remove_later(command, key, member)
  local list = gone[key]
  if not list then
    list = { command = command }
    gone[key] = list
  end
  list[#list + 1] = member
end

local function flush()
  for key, list in pairs(gone) do many(list.command, key, list) end
  for key, list in pairs(later) do many(list.command, key, list) end
  later, gone, fresh_runs = {}, {}, {}
end

local function count(state, queue, by)
  local field = state .. queue
  counts[field] = (counts[field] or 0) + by
end

-- Consumers of the queue are told when the script is over.
local function wake(queue)
  woken[queue] = true
end

local function finish()
  flush()
  if #record_lines > 0 then write_records(table.concat(record_lines, "\n"), #record_lines) end
  for field, by in pairs(counts) do
    if by ~= 0 and call("HINCRBY", key_count, field, by) == 0 then call("HDEL", key_count, field) end
  end
  for queue in pairs(unblocked) do wake(queue) end
  for queue in pairs(woken) do call("PUBLISH", arg_channels .. "wake:" .. queue, "") end
end
