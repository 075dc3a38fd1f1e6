-- Deletes an entry and a run it holds; its ledger stays.
--
-- KEYS
--   seq       string last number given to a message, an entry or a dead letter
--   count     hash   kind and queue -> number of messages
--   res       hash   id -> result
--   hold      hash   entry -> the run it holds
--   holdid    hash   id of a buffered run -> entry
--   holdwake  zset   entry -> when to look at its buffered run (ms)
--   log       zset   ledger records, in order of entry and due
--   entry     hash   name -> definition record
--   estate    hash   name -> what changes of an entry
--   due       zset   name -> when it is due next (ms)
--   names     zset   names of entries, in order
-- ARGV
--   now       ms, "" for the server's TIME
--   channels  prefix of all channels
--   name      escaped
--   expect    the etag that was read
-- Returns: r removed, c conflict, g gone
-- Flags: allow-oom
-- Uses: clock, numbers, later, results, permits, messages, line, ledger, estates, send, ends, runs
local estate = estate_of(arg_name)
if not estate then return "g" end
if estate.etag ~= arg_expect then return "c" end
local hold = hold_of(arg_name)
if hold then drop_hold(hold, "removed") end
call("HDEL", key_entry, arg_name)
call("HDEL", key_estate, arg_name)
call("ZREM", key_due, arg_name)
call("ZREM", key_names, arg_name)
finish()
call("PUBLISH", arg_channels .. "ch:entries", "%" .. arg_name)
return "r"
