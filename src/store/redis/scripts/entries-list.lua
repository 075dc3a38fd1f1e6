-- Reads entries in order of name.
--
-- KEYS
--   runs      zset   unfinished runs of entries
--   hold      hash   entry -> the run it holds
--   entry     hash   name -> definition record
--   estate    hash   name -> what changes of an entry
--   names     zset   names of entries, in order
-- ARGV
--   after     escaped name to begin after, "" for the first
--   limit     how many at most
-- Returns: as entries-get
-- Flags: no-writes
-- Uses: clock, snapshots
local from = arg_after == "" and "-" or "(" .. arg_after
return snapshots(redis.call("ZRANGEBYLEX", key_names, from, "+", "LIMIT", 0, arg_limit))
