-- Reads the entries that are due, earliest first.
--
-- KEYS
--   runs      zset   unfinished runs of entries
--   hold      hash   entry -> the run it holds
--   entry     hash   name -> definition record
--   estate    hash   name -> what changes of an entry
--   due       zset   name -> when it is due next (ms)
-- ARGV
--   now       ms, "" for the server's TIME
--   limit     how many at most
-- Returns: { now; when the next one after these comes, "" never; the entries as entries-get }
-- Flags: allow-oom
-- Uses: clock, snapshots
local limit = tonumber(arg_limit)
local names = call("ZRANGEBYSCORE", key_due, "-inf", now_text, "LIMIT", 0, limit)
-- A name without an entry is nobody's of us, and would come first for ever.
local known = fields(key_estate, names)
for index = #names, 1, -1 do
  if not known[names[index]] then call("ZREM", key_due, table.remove(names, index)) end
end
local next_at = call("ZRANGE", key_due, #names, #names, "WITHSCORES")[2]
return { now_text, next_at and int(tonumber(next_at)) or "", snapshots(names) }
