-- Reads one message.
--
-- ARGV
--   id
-- Returns: { record, what has changed or "" (lib/records.lua); 1 where it waits for other parts; escaped name of its lock, "+" for
--   none }, "" for no record
-- Flags: no-writes
local call = redis.call
local state = call("HGET", key_state, arg_id)
local lock = string.match(call("HGET", key_tasklock, arg_id) or "", "^%a ([^%s,]+),") or "+"
return { call("HGET", key_msg, arg_id) or "", state or "", not state and call("HEXISTS", key_pend, arg_id) or 0, lock }
