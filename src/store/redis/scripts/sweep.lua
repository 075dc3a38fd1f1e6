-- Drops results and revocations whose time is over.
--
-- KEYS
--   res       hash   id -> result
--   resx      zset   id -> when its result ends (ms)
--   rev       zset   revoked unknown id -> remembered until (ms)
-- ARGV
--   now       ms, "" for the server's TIME
--   limit     how many at most
-- Returns: the number dropped
-- Flags: allow-oom
-- Uses: clock
local limit = tonumber(arg_limit)
local ids = call("ZRANGEBYSCORE", key_resx, "-inf", now_text, "LIMIT", 0, limit)
many("HDEL", key_res, ids)
many("ZREM", key_resx, ids)
local dropped = #ids
local revoked = call("ZRANGEBYSCORE", key_rev, "-inf", now_text, "LIMIT", 0, limit - dropped)
many("ZREM", key_rev, revoked)
return dropped + #revoked
