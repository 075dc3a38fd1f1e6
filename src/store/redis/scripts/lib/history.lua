-- Records of ended attempts. In key_tasks one message of the stream a call: its id is the number of its first record, "a" the instant, "l"
-- lines, parted by line feeds, of which empty ones are none. A line of a worker is "<escaped id><tab><note>" (tasks/note.ts). One of a script
-- begins with a tab, and its fields are words:
-- "<tab><id><tab><task><tab><queue><tab><state><tab><attempt><tab><deliveries><tab><entry><tab><ms waited><tab><reason>".

-- In a store of which a part was lost the last number may be too small.
local function write_records(text, size)
  local last = call("INCRBY", key_taskseq, size)
  local function add()
    return redis.pcall("XADD", key_tasks, int(last - size + 1) .. "-0", "at", now_text, "lines", text)
  end
  local reply = add()
  if type(reply) ~= "table" or not reply.err then return end
  local newest = call("XREVRANGE", key_tasks, "+", "-", "COUNT", 1)[1]
  last = tonumber(newest and match(newest[1], "^%d+") or 0) + 100000
  call("SET", key_taskseq, int(last))
  add()
end

-- Notes of a call, a line each, of which those are kept that `is_kept_at` names.
local function write_notes(notes, is_kept_at)
  local kept, from, index = {}, 1, 1
  while from <= #notes do
    local to = string.find(notes, "\n", from, true) or #notes + 1
    if to > from and is_kept_at[index] then kept[#kept + 1] = string.sub(notes, from, to - 1) end
    from, index = to + 1, index + 1
  end
  if #kept > 0 then write_records(table.concat(kept, "\n"), #kept) end
end

-- Lines that this script has to write.
local record_lines = {}

local function escaped(id)
  if not string.find(id, "[^%w_.!-]") then return id end
  return (string.gsub(id, "[^%w_.!-]", function(byte) return format("%%%02X", string.byte(byte)) end))
end

local function add_record(id, task, queue, state, attempt, deliveries, entry, waited, reason)
  record_lines[#record_lines + 1] = "\t" .. escaped(id) .. "\t" .. task .. "\t" .. queue .. "\t" .. state .. "\t" .. attempt .. "\t"
    .. deliveries .. "\t" .. (entry == "+" and "" or entry) .. "\t" .. int(waited) .. "\t" .. reason
end

-- Of an attempt that the store itself ends, while the message is still stored.
local function record_end(m, state, reason)
  if not m.task then read_rest(m) end
  local since = math.max(tonumber(m.at) or now, tonumber(m.eta) or 0)
  add_record(m.id, m.task or "+", m.queue, state, m.retries + 1, m.deliveries, m.entry, math.max(0, now - since), reason)
end

-- Of one that ends before it is stored.
local function record_unsent(id, template, entry, state)
  add_record(id, template.task, template.queue, state, 1, 0, entry, 0, state)
end
