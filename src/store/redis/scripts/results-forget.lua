-- Forgets results.
--
-- KEYS
--   res       hash   id -> result
--   resx      zset   id -> when its result ends (ms)
-- ARGV
--   rest...   ids
-- Returns: nothing
-- Flags: allow-oom
for index = rest, #ARGV do
  redis.call("HDEL", key_res, ARGV[index])
  redis.call("ZREM", key_resx, ARGV[index])
end
return 0
