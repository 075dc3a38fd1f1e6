-- Publishes a hint: on the server that owns the slot, as scripts do, so that hints of one sender stay in order in a
-- Cluster.
--
-- ARGV
--   channel   whole name
--   payload   text
-- Returns: the number of those who heard it on this server
-- Flags: allow-oom
local _ = key_beat
return redis.call("PUBLISH", arg_channel, arg_payload)
