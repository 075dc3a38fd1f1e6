-- Sends a run of an entry now, outside the schedule.
--
-- KEYS
--   seq       string last number given to a message, an entry or a dead letter
--   msg       hash   id -> record as sent
--   state     hash   id -> what has changed since
--   ready     zset   lines of ready messages, in order of text
--   eta       zset   line of a scheduled message -> eta (ms)
--   parked    zset   line of a blocked message -> when it has waited too long (ms, inf never)
--   count     hash   kind and queue -> number of messages
--   res       hash   id -> result
--   runs      zset   unfinished runs of entries
--   hold      hash   entry -> the run it holds
--   holdid    hash   id of a buffered run -> entry
--   holdwake  zset   entry -> when to look at its buffered run (ms)
--   log       zset   ledger records, in order of entry and due
--   estate    hash   name -> what changes of an entry
--   due       zset   name -> when it is due next (ms)
--   lock      hash   lock -> capacity
--   perm      zset   permits of locks, by their ends
--   line      zset   lines of locks, by turn
--   alive     zset   processes in line, by when they are no longer alive
--   tlock     hash   id of a message with a lock -> its standing
--   plock     hash   lock and waiter -> the standing of a process
--   lockwake  zset   lock with a line -> when its next permit ends (ms)
--   lockend   zset   lock without a line -> when its next permit ends (ms)
--   fence     string last fence given
--   locklog   stream history of locks
-- ARGV
--   now       ms, "" for the server's TIME
--   channels  prefix of all channels
--   name      escaped, of the entry
--   overlap   "<policy a|s|q|c> <timeout> <grace>"; policy a also where the run is forced
--   template     lib/send.lua
--   id        of the message
--   body      of the message
-- Returns: s sent, o overlap, x locked, h held, g gone
-- Uses: clock, numbers, later, results, permits, messages, line, ledger, estates, send, ends, runs
local template = read_template(arg_template)
local policy, timeout, grace = match(arg_overlap, "^(%a) (%S+) (%S+)$")
if not policy then error("sunbeat: not an overlap: " .. arg_overlap) end
if not estate_of(arg_name) then return "g" end
if call("HEXISTS", key_holdid, arg_id) == 1 then return "h" end
if known_ids({ arg_id })[arg_id] then return "s" end
local outcome = start_run({
  entry = arg_name, id = arg_id, due = now, due_text = format("%016.0f", now), term = "+", counted = false,
  max_runs = "+", template = template, body = arg_body, policy = policy, timeout = number_or_nil(timeout),
  grace = tonumber(grace),
})
follow_up()
save_estates()
finish()
call("PUBLISH", arg_channels .. "ch:entries", "%" .. arg_name)
return outcome
