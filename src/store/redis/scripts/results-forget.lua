-- Forgets results.
--
-- ARGV
--   rest...   ids
-- Returns: nothing
-- Flags: allow-oom
for index = rest, #ARGV do redis.call("HDEL", key_res, ARGV[index]) end
return 0
