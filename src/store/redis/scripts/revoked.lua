-- Ids that were revoked before the store knew them, by the ends of their times: a page.
--
-- ARGV
--   now       ms, "" for the server's TIME
--   after     "" to begin with; else what the call before gave
--   limit     how many at most
-- Returns: { { per id: id, remembered until }; where to go on, "" when all were seen }
-- Flags: no-writes
-- Uses: clock
local limit, score, member = tonumber(arg_limit), match(arg_after, "^(%d+) (.*)$")
local rank = member and call("ZRANK", key_rev, member)
local from = rank and rank + 1 or score and call("ZCOUNT", key_rev, "-inf", "(" .. score) or 0
-- Nothing has swept those whose time is over.
from = math.max(from, call("ZCOUNT", key_rev, "-inf", now_text))
local page = call("ZRANGE", key_rev, from, from + limit - 1, "WITHSCORES")
local is_over = from + limit >= call("ZCARD", key_rev)
return { page, is_over and "" or page[#page] .. " " .. page[#page - 1] }
