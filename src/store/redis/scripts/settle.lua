-- Settles deliveries, each alone, then claims, when asked. One call does only so much: it may leave the last settlements to
-- another, and does not claim then.
--
-- KEYS
--   seq       string last number given to a message, an entry or a dead letter
--   msg       hash   id -> record as sent
--   state     hash   id -> what has changed since
--   ready     zset   lines of ready messages, in order of text
--   eta       zset   line of a scheduled message -> eta (ms)
--   lease     zset   line of a leased message -> end of its lease (ms)
--   parked    zset   line of a blocked message -> when it has waited too long (ms, inf never)
--   count     hash   kind and queue -> number of messages
--   res       hash   id -> result
--   rev       zset   revoked unknown id -> remembered until (ms)
--   dead      zset   queue and id of a dead letter -> order of dying
--   why       hash   id of a dead letter -> when and why
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
--   now          ms, "" for the server's TIME
--   channels     prefix of all channels
--   settlements  number of settlements
--   max          deliveries to claim at most
--   lease        ms of the claimed deliveries; "" for no claim
--   nonce        what the tokens of the claimed deliveries begin with, never used before
--   rest...      per settlement: id, token, "<kind> <final 0|1> <ms the result is kept> <delay in ms | reason>" with kind
--                d done, r retry, p defer, x dead, and the result from its state on, "" for none, without a state
--                for a mark; then the queues, the one that
--                waited longest first
-- Returns: { one letter per settlement, of those that were looked at: s settled, l lost; now; instant of the next housekeeping, "" for none;
--   { per delivery: id, record, "<retries> <deliveries> <eta> <at>" or "" for one that was never changed };
--   and when the claim has made dead letters: { per message: id, queue, task, reason } }
-- Flags: allow-oom
-- Uses: clock, numbers, later, results, permits, messages, line, ledger, estates, send, ends, runs, claim
local settlements = tonumber(arg_settlements)
local ids = {}
for index = 1, settlements do ids[index] = ARGV[rest + (index - 1) * 4] end
local states = fields(key_state, ids)
remember_task_contenders(ids)

-- What the end of a leased message needs of it; nil for one that is not held.
local function read_held(id, state)
  local token, queue, rank, at, entry =
    match(state or "", "^h (%S+) %d+ %d+ %d (%S+) (%d+) (%d+) %S+ %d+ (%S+)$")
  return token and { id = id, token = token, queue = queue, rank = rank, at = at, entry = entry }
end

-- Most settlements of a call end alike.
local verbs = {}

local function settle(id, token, text, result)
  local m = read_held(id, states[id])
  if not m or m.token ~= token then return "l" end
  local verb = verbs[text]
  if not verb then
    local kind, final, ttl, extra = match(text, "^(%a) (%d) (%S+) (.*)$")
    verb = { kind = kind, final = final, ttl = tonumber(ttl), extra = extra }
    verbs[text] = verb
  end
  local kind, extra = verb.kind, verb.extra
  if result == MARK then
    remember(id, verb.ttl)
  elseif result ~= "" then
    keep_result(id, verb.final, verb.ttl, result)
  end
  if kind ~= "d" then m = read_message(id, nil, states[id]) end
  states[id] = false
  leave_worker(m)
  if kind == "d" then
    forget(m)
  elseif kind == "r" or kind == "p" then
    if kind == "r" then
      m.retries, m.deliveries = m.retries + 1, 0
    else
      m.deliveries = m.deliveries - 1
    end
    if any_task_locks() then permits().forsake(id) end
    m.place = "w"
    m.eta = int(now + tonumber(extra))
    m.rank = string.sub(m.rank, 1, 1) .. format("%014.0f", next_number())
    work(25)
    save(m)
    line_up(m)
    wake(m.queue)
  else
    dead_letter(m, extra)
  end
  return "s"
end

local outcomes = {}
for index = 1, settlements do
  if index > 1 and labour <= 0 then break end
  local at = rest + (index - 1) * 4
  outcomes[index] = settle(ids[index], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3])
end
follow_up()
flush()

local reply = { now_text, "", {} }
if arg_lease ~= "" and #outcomes == settlements then
  local queues = {}
  for index = rest + settlements * 4, #ARGV do queues[#queues + 1] = ARGV[index] end
  reply = claim(queues, tonumber(arg_max), tonumber(arg_lease), arg_nonce)
end
save_estates()
finish()
return { table.concat(outcomes), reply[1], reply[2], reply[3], reply[4] }
