-- Takes a permit for a process, or a place in line behind all who came before.
--
-- KEYS
--   seq       string last number given to a message, an entry or a dead letter
--   state     hash   id -> what has changed since
--   ready     zset   lines of ready messages, in order of text
--   eta       zset   line of a scheduled message -> eta (ms)
--   parked    zset   line of a blocked message -> when it has waited too long (ms, inf never)
--   count     hash   kind and queue -> number of messages
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
--   lock      escaped
--   capacity  the newest caller's counts for everybody
--   waiter    escaped; asking again under the same name changes nothing but the time
--   label     escaped
--   lease     ms of the permit
--   alive     ms a waiter counts as alive after it was heard of; "" for one that does not wait
-- Returns: { now, outcome, the capacity before when it was another, else "", ... } with outcome
--   g granted, then token and fence; w waiting, then when to look again (ms); b busy
-- Uses: clock, numbers, later, results, permits, messages, line
local lease, alive = tonumber(arg_lease), tonumber(arg_alive)
local line = lock_line()
local before = line.capacity_of(arg_lock)
if not before or before == arg_capacity then before = "" end
local room = line.has_room(arg_lock, arg_capacity)
local c = permits().process_contender(arg_lock, arg_waiter)
local reply
if not c and not room and not alive then
  reply = { now_text, "b", before }
else
  local is_new = not c
  if is_new then
    c = permits().new_process_contender(arg_lock, arg_waiter, arg_capacity, room and lease or alive, arg_label)
    if not room then c.turn = int(next_number()) end
    line.enter_line(c, arg_capacity, room, now + lease)
  end
  if c.standing == "h" then
    if not is_new then
      permits().set_till(c, now + lease)
      permits().save_contender(c)
    end
    reply = { now_text, "g", before, permits().token_of(c), c.fence }
  else
    if alive and not is_new then
      call("ZREM", key_alive, permits().place_text(c.lock, c.till, c.id))
      c.till = now + alive
      call("ZADD", key_alive, 0, permits().place_text(c.lock, c.till, c.id))
      permits().save_contender(c)
    end
    reply = { now_text, "w", before, call("ZSCORE", key_lockwake, arg_lock) or now_text }
  end
end
pass_on()
finish()
return reply
