-- A node is there. Drops those that were lost a day ago, and the oldest lost ones of more than are kept.
--
-- ARGV
--   now       ms, "" for the server's TIME
--   node      escaped
--   boot      escaped
--   record    text
--   ttl       ms
--   takeover  1: also where another boot has the name, else 0
--   listed    ms for which a lost node is listed
--   lost      how many lost ones are kept
-- Returns: { now, the boot that has the name (escaped), { types that are watched, escaped }, { marks (lib/presence.lua) } }
-- Flags: allow-oom
-- Uses: clock, presence
local boot, _, ends = match(call("HGET", key_node, arg_node) or "", NODE)
local is_others = boot and boot ~= arg_boot and tonumber(ends) > now
local holder = arg_boot
if is_others and arg_takeover ~= "1" then
  holder = boot
else
  local ends_at = int(now + tonumber(arg_ttl))
  call("HSET", key_node, arg_node, arg_boot .. " " .. now_text .. " " .. ends_at .. " " .. arg_record)
  call("ZADD", key_seen, ends_at, arg_node)
end
local gone = call("ZRANGEBYSCORE", key_seen, "-inf", int(now - tonumber(arg_listed)), "LIMIT", 0, 100)
local surplus = math.min(100, call("ZCOUNT", key_seen, "-inf", now_text) - tonumber(arg_lost))
if #gone == 0 and surplus > 0 then gone = call("ZRANGE", key_seen, 0, surplus - 1) end
if #gone > 0 then
  many("ZREM", key_seen, gone)
  many("HDEL", key_node, gone)
end
return { now_text, holder, watched_types(), living_marks() }
