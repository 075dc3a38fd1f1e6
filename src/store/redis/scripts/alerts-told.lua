-- Ends a call, or puts it off.
--
-- ARGV
--   now       ms, "" for the server's TIME
--   id        as it is
--   again     ms, "+" for never
-- Returns: 1
-- Flags: allow-oom
-- Uses: clock, version
if arg_again == "+" then
  call("ZREM", key_alertout, arg_id)
  call("HDEL", key_alertcall, arg_id)
elseif call("ZSCORE", key_alertout, arg_id) then
  call("ZADD", key_alertout, int(now + tonumber(arg_again)), arg_id)
end
return 1
