-- Settles deliveries, each alone, then claims, when asked. One call does only so much: it may leave the last settlements to
-- another, and does not claim then.
--
-- ARGV
--   now          ms, "" for the server's TIME
--   channels     prefix of all channels
--   settlements  lib/settlements.lua, "" for none
--   max          deliveries to claim at most
--   lease        ms of the claimed deliveries; "" for no claim
--   nonce        what the tokens of the claimed deliveries begin with, never used before
--   rest...      the queues, the one that waited longest first
-- Returns: { a code of `settled` per settlement that was looked at; now; instant of the next housekeeping, "" for none;
--   three parts per delivery (lib/deliveries.lua): id, record, "<retries> <deliveries> <eta> <at>" or "" for one that was never
--   changed;
--   and when the claim has made dead letters: { per message: id, queue, task, reason } }
-- Flags: allow-oom
-- Uses: clock, settlements, version, records, deliveries, numbers, later, results, permits, messages, waiters, ledger, entries, send, ends, runs, claim
local settlements = #settled / 4
local ids = {}
for index = 1, settlements do ids[index] = settled[index * 4 - 3] end
local states = fields(key_state, ids)
remember_task_requests(ids)

-- Most settlements of a call end alike.
local verbs = {}

local function settle(id, token, text, result)
  local position, queue, sent_at, entry = read_leased(token, states[id])
  if not position then return SETTLED_LOST end
  local m = { id = id, queue = queue, rank = string.sub(position, #queue + 2), at = sent_at, entry = entry }
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
  if kind ~= VERB_DONE then m = read_message(id, nil, states[id]) end
  states[id] = false
  leave_worker(m)
  if kind == VERB_DONE then
    forget(m)
  elseif kind == VERB_RETRY or kind == VERB_DEFER then
    if kind == VERB_RETRY then
      m.retries, m.deliveries = m.retries + 1, 0
    else
      m.deliveries = m.deliveries - 1
    end
    if any_task_locks() then permits().release_ticket(id) end
    m.state = STATE_QUEUED
    m.eta = int(now + tonumber(extra))
    m.rank = string.sub(m.rank, 1, 1) .. format("%014.0f", next_number())
    work(25)
    save(m)
    put_in_queue(m)
    wake(m.queue)
  else
    dead_letter(m, extra)
  end
  return SETTLED_SETTLED
end

local outcomes = {}
for index = 1, settlements do
  if index > 1 and labour <= 0 then break end
  local at = index * 4
  outcomes[index] = settle(ids[index], settled[at - 2], settled[at - 1], settled[at])
end
follow_up()
flush()

local reply = { now_text, "", {} }
if arg_lease ~= "" and #outcomes == settlements then
  local queues = {}
  for index = rest, #ARGV do queues[#queues + 1] = ARGV[index] end
  reply = claim(queues, tonumber(arg_max), tonumber(arg_lease), arg_nonce)
end
save_entry_states()
finish()
return { table.concat(outcomes), reply[1], reply[2], deliveries_text(reply[3]), reply[4] }
