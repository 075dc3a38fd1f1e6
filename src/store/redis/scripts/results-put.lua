-- Writes a result, over any that is not final.
--
-- KEYS
--   state     hash   id -> what has changed since
--   res       hash   id -> result
-- ARGV
--   now       ms, "" for the server's TIME
--   channels  prefix of all channels
--   id        of the task
--   token     of the delivery that must be current, "" for a result without a delivery
--   final     1 when the state is final, else 0
--   ttl       ms it is kept
--   result    from its state on
-- Returns: u written, or a final one was there; l the token is not current
-- Flags: allow-oom
-- Uses: clock, numbers, later, results, messages
if arg_token ~= "" then
  local m = read_message(arg_id, nil, call("HGET", key_state, arg_id))
  if not m or m.place ~= "h" or m.token ~= arg_token then return "l" end
end
if not is_final(call("HGET", key_res, arg_id)) then
  keep_result(arg_id, arg_final, tonumber(arg_ttl), arg_result)
  flush()
end
return "u"
