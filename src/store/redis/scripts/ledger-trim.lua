-- Drops ledger records past their retention, entry after entry, looking at a bounded number of entries.
--
-- ARGV
--   now       ms, "" for the server's TIME
--   age       ms a record is kept
--   keep      records kept per entry
--   limit     how many to drop at most
--   from      entry to begin with, "" for the first
-- Returns: { dropped; the entry to go on with, "" when the last was looked at }
-- Flags: allow-oom
-- Uses: clock, version, records
local ENTRIES, STEP = 200, 1000
local eldest = now - tonumber(arg_age)
local keep, limit, dropped = tonumber(arg_keep), tonumber(arg_limit), 0
local from = arg_from == "" and "-" or "[" .. arg_from .. " "
for _ = 1, ENTRIES do
  local first = call("ZRANGEBYLEX", key_ledger, from, "+", "LIMIT", 0, 1)[1]
  if not first then return { dropped, "" } end
  local entry = match(first, "^%S*")
  local lowest, highest = "[" .. entry .. " ", "(" .. entry .. "!"
  local surplus = call("ZLEXCOUNT", key_ledger, lowest, highest) - keep
  local room = limit - dropped
  if surplus > 0 then
    local old = call("ZRANGEBYLEX", key_ledger, lowest, highest, "LIMIT", 0, math.min(surplus, room))
    many("ZREM", key_ledger, old)
    dropped = dropped + #old
    room = limit - dropped
  end
  -- A record is never written before its due: those written long ago are among those due long ago.
  local due_before = "(" .. entry .. " " .. format("%016.0f", math.max(0, eldest))
  local old = {}
  for _, member in ipairs(call("ZRANGEBYLEX", key_ledger, lowest, due_before, "LIMIT", 0, STEP)) do
    if #old >= room then break end
    local due, age = match(member, "^%S+ (%d+) %a (%S+) ")
    if not due or tonumber(due) + (tonumber(age) or 0) < eldest then old[#old + 1] = member end
  end
  many("ZREM", key_ledger, old)
  dropped = dropped + #old
  if dropped >= limit then return { dropped, entry } end
  from = "[" .. entry .. "!"
end
return { dropped, match(call("ZRANGEBYLEX", key_ledger, from, "+", "LIMIT", 0, 1)[1] or "", "^%S*") }
