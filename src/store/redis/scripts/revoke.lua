-- Revokes: what waits is dropped, what is leased is marked, unknown ids are remembered.
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
--   rev       zset   revoked unknown id -> remembered until (ms)
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
--   now        ms, "" for the server's TIME
--   channels   prefix of all channels
--   keep       ms an unknown id is remembered
--   topic      of the channel: "revoke" when workers are to stop, "cancel" when they are not to begin
--   payload    for that topic
--   rest...    ids
-- Returns: nothing
-- Flags: allow-oom
-- Uses: clock, numbers, later, results, permits, messages, line, ledger, estates, send, ends, runs
local keep_until = now + tonumber(arg_keep)

local function revoke(id)
  local entry = call("HGET", key_holdid, id)
  local hold = entry and hold_of(entry)
  if hold and hold.id == id then return drop_hold(hold, "revoked") end
  local m = load_message(id)
  if not m then
    if keep_until > math.max(now, tonumber(call("ZSCORE", key_rev, id) or 0)) then
      call("ZADD", key_rev, int(keep_until), id)
    end
  elseif m.place == "h" then
    m.revoked = math.max(m.revoked, arg_topic == "revoke" and 2 or 1)
    save(m)
  elseif m.place ~= "d" then
    local reason = end_of(m) or "revoked"
    leave_queue(m)
    drop_unrun(m, reason)
  end
end

for index = rest, #ARGV do
  revoke(ARGV[index])
  flush()
end
follow_up()
save_estates()
finish()
call("PUBLISH", arg_channels .. "ch:" .. arg_topic, arg_payload)
return 0
