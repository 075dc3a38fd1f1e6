-- Writes a result, over any that is not final.
--
-- ARGV
--   now       ms, "" for the server's TIME
--   channels  prefix of all channels
--   id        of the task
--   token     of the delivery that must be current, "" for a result without a delivery
--   final     1 when the state is final, else 0
--   ttl       ms it is kept
--   result    from its state on
-- Returns: a code of `updated`: written, or a final one was there; or the token is not current
-- Flags: allow-oom
-- Uses: clock, version, records, numbers, history, later, rate, graph-records, results, lanes, messages
if arg_token ~= "" then
  local m = read_message(arg_id, nil, call("HGET", key_state, arg_id))
  if not m or m.state ~= STATE_LEASED or m.token ~= arg_token then return UPDATED_LOST end
end
if not is_final(call("HGET", key_res, arg_id)) then
  keep_result(arg_id, arg_final, tonumber(arg_ttl), arg_result)
  flush()
end
return UPDATED_UPDATED
