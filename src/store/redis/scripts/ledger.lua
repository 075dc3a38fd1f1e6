-- Reads part of the ledger of an entry.
--
-- ARGV
--   entry     escaped
--   order     a code of `order`: which come first
--   from      member to go on after in this order, "" to begin with
--   after     only records that reach past this instant; "-inf" for all
--   before    only records that begin before this instant; "inf" for all
--   limit     how many at most
-- Returns: { member to go on after, "" at the end; the members found, in this order }
-- Flags: no-writes
local call, match = redis.call, string.match
local STEP = 1000
local after, before, limit = tonumber(arg_after), tonumber(arg_before), tonumber(arg_limit)
local lowest, highest = "[" .. arg_entry .. " ", "(" .. arg_entry .. "!"
if before < math.huge then highest = "(" .. arg_entry .. " " .. string.format("%016.0f", math.max(0, before)) end
local members
if arg_order == ORDER_OLDEST then
  if arg_from ~= "" then lowest = "(" .. arg_from end
  members = call("ZRANGEBYLEX", key_ledger, lowest, highest, "LIMIT", 0, STEP)
else
  if arg_from ~= "" then highest = "(" .. arg_from end
  members = call("ZREVRANGEBYLEX", key_ledger, highest, lowest, "LIMIT", 0, STEP)
end
local found = {}
for _, member in ipairs(members) do
  if #found == limit then return { "", found } end
  local due, fate, to = match(member, "^%S+ (%d+) (%a) %S+ %S+ %S+ (%S*)")
  if due and tonumber(fate == FATE_RANGE and to or due) > after then found[#found + 1] = member end
end
return { #found < limit and #members == STEP and members[STEP] or "", found }
