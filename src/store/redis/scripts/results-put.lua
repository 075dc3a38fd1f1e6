-- Writes a result, over any that is not final.
--
-- KEYS
--   seq       string last number given to a message, an entry or a dead letter
--   msg       hash   id -> record as sent
--   state     hash   id -> what has changed since
--   ready     zset   lines of ready messages, in order of text
--   eta       zset   line of a delayed message -> eta (ms)
--   lease     zset   line of a held message -> end of its lease (ms)
--   count     hash   kind and queue -> number of messages
--   res       hash   id -> result
--   resx      zset   id -> when its result ends (ms)
--   dead      zset   queue and id of a dead letter -> order of dying
--   why       hash   id of a dead letter -> when and why
--   runs      zset   unfinished runs of entries
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
