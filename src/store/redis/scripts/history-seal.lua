-- Puts a pack in place of the oldest records, unless somebody has packed them already.
--
-- ARGV
--   first     number of the first message of the stream that is packed
--   behind    number of what is behind the last one, or of none
--   header    what readers skip packs by
--   body      the records
-- Returns: 1 done, 0 somebody else was first
-- Flags: allow-oom
local call = redis.call
local first = call("XRANGE", key_tasks, "-", "+", "COUNT", 1)[1]
if not first or first[1] ~= arg_first .. "-0" then return 0 end
call("HSET", key_packbody, arg_first, arg_body)
call("XADD", key_packs, arg_first .. "-0", "head", arg_header)
call("XTRIM", key_tasks, "MINID", arg_behind .. "-0")
return 1
