-- A node has ended.
--
-- ARGV
--   node      escaped
--   boot      escaped
-- Returns: 1 when it had the name
-- Flags: allow-oom
local boot = string.match(redis.call("HGET", key_node, arg_node) or "", "^%S+")
if boot ~= arg_boot then return 0 end
redis.call("HDEL", key_node, arg_node)
redis.call("ZREM", key_seen, arg_node)
return 1
