-- Drops part of what waits in one queue, without results. What is sent while a purge is going on is not dropped: only
-- messages up to the bound are.
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
--   queue     escaped name
--   bound     the greatest age to drop, "" in the first call of a purge
--   after     "" to begin with; "p<score> <line>" or "d<score> <line>" to go on with the parked or the scheduled ones behind that
--             line, "p" or "d" with the first; or the line of the ready messages to go on after, behind an "r"
-- Returns: { dropped, bound, after; "" when nothing is left }
-- Flags: allow-oom
-- Uses: clock, numbers, later, results, permits, messages, line, ledger, estates, send, ends, runs
local STEP = 250
local bound = tonumber(arg_bound ~= "" and arg_bound or call("GET", key_seq) or 0)
local after, dropped = "", 0

local function drop(line, key, counts)
  local queue, rank, id = match(line, LINE)
  if queue ~= arg_queue then return false end
  if (tonumber(string.sub(rank, 2)) or 0) > bound then return false end
  call("ZREM", key, line)
  if counts then count(counts, queue, -1) end
  local m = load_message(id)
  if m and (m.place == "w" or m.place == "p") then
    forget(m)
    drop_result(id)
    dropped = dropped + 1
  end
  return true
end

-- One page of a set in which the lines of all queues stand; gives where to go on. What leaves the set or comes into it
-- between two pages moves all behind it, so the place is that of a line that stays, and not a number.
local function purge_page(kind, place, key, step, counts, following)
  if call("HEXISTS", key_count, kind .. arg_queue) == 0 then return following end
  local score, line = match(place, "^(%S+) (.*)$")
  local rank = line and call("ZRANK", key, line)
  local from = rank and rank + 1 or score and call("ZCOUNT", key, "-inf", "(" .. score) or 0
  local lines = call("ZRANGE", key, from, from + step - 1, "WITHSCORES")
  for index = 1, #lines, 2 do
    if not drop(lines[index], key, counts) then place = lines[index + 1] .. " " .. lines[index] end
  end
  return #lines == step * 2 and kind .. place or following
end

-- Blocked ones first: a permit that comes free here would make them ready.
local kind, from = match(arg_after == "" and "p" or arg_after, "^(%a)(.*)$")
if kind == "p" then
  after = purge_page("p", from, key_parked, STEP / 10, parked_counts, "d")
elseif kind == "d" then
  after = purge_page("d", from, key_eta, STEP, delayed_counts, "r")
else
  local lines = call("ZRANGEBYLEX", key_ready, from == "" and "[" .. arg_queue .. " " or "(" .. from,
    "(" .. arg_queue .. "!", "LIMIT", 0, STEP)
  for _, line in ipairs(lines) do drop(line, key_ready) end
  if #lines == STEP then after = "r" .. lines[STEP] end
end
follow_up()
save_estates()
finish()
return { dropped, int(bound), after }
