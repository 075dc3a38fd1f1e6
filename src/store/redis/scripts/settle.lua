-- Settles deliveries, each alone, then claims, when asked. One call does only so much: it may leave the last settlements to
-- another, and does not claim then.
--
-- ARGV
--   now          ms, "" for the server's TIME
--   channels     prefix of all channels
--   settlements  lib/settlements.lua, "" for none
--   notes        the records of these, a line each, which is empty for none (lib/history.lua); "" for none
--   noted        how many there are
--   max          deliveries to claim at most
--   lease        ms of the claimed deliveries; "" for no claim
--   nonce        what the tokens of the claimed deliveries begin with, never used before
--   slots        how many of them can begin at once
--   turn         that the claimant was told last, "" for none
--   rest...      the queues, the one that waited longest first
-- Returns: { a code of `settled` per settlement that was looked at; now; instant of the next housekeeping, "" for none, and where there is
--   one a space and the turn of the claimant;
--   three parts per delivery (lib/deliveries.lua): id, record, what has changed (lib/claim.lua);
--   { per dead letter that the claim has made: id, queue, task, reason }; { per delivery of a part (lib/claim.lua) }; { per graph
--   that the settlements have brought into another state: id, name, a code of `graph` }; the same of the claim; { per queue that is
--   paused: queue, pause (lib/pause.lua) } }. The last five are absent
--   where there is nothing of them
-- Flags: allow-oom
-- Uses: clock, settlements, version, records, deliveries, members, starters, numbers, failed, history, later, rate, graph-records, results, permits, lanes, unique, messages, waiters, ledger, entries, send, ends, runs, todo, parts, graph, graph-portions, graph-open, release, pause, rate-claim, claim
local settlements = #settled / 4
local ids = {}
for index = 1, settlements do ids[index] = settled[index * 4 - 3] end
local states = fields(key_state, ids)
remember_task_requests(ids)
remember_parts(ids)

-- Most settlements of a call end alike.
local verbs = {}
-- Which of them have ended an attempt.
local ended_attempts = {}

-- What grew is JSON behind the verb: { templates, parts, lists, output, list, values } (lib/graph.lua).
local function read_growth(extra)
  return string.sub(extra, 1, 1) == "{" and cjson.decode(extra) or nil
end

-- It waits until the part in its place has ended; one that was to stop ends, and nothing grows.
local function replace(m, part, ttl, growth)
  local graph = part and graph_records().graph_of(part)
  if m.revoked > 0 or not growth or (part and not (is_open_part(part) and graph and graph.state == GRAPH_RUNNING)) then
    return drop_unrun(m, "revoked")
  end
  read_rest(m)
  if m.expires ~= "+" then
    local record = call("HGET", key_msg, m.id)
    local head, tail = match(record, "^(%S+ %S+ %S+ %S+ %S+ %S+ )%S+(.*)$")
    call("HSET", key_msg, m.id, head .. "+" .. tail)
  end
  if any_task_locks() then permits().release_ticket(m.id) end
  m.state, m.deliveries = STATE_BLOCKED, m.deliveries - 1
  save(m)
  part = part or graph_growth().become_graph(m, ttl)
  part.replaced = part.replaced == "." and "." or ""
  known_parts.ended[#known_parts.ended + 1] = { part = part, growth = growth }
end

-- How a part ends: its record tells.
local ENDS = { S = PART_SUCCEEDED, F = PART_FAILED, R = PART_REVOKED }

local function settle(index, id, token, text, result)
  local position, queue, sent_at, entry = read_leased(token, states[id])
  if not position then return SETTLED_LOST end
  local m = { id = id, queue = queue, rank = string.sub(position, #queue + 2), at = sent_at, entry = entry }
  local verb = verbs[text]
  if not verb then
    local kind, final, ttl, extra = match(text, "^(%a) (%d) (%S+) (.*)$")
    verb = { kind = kind, final = final, ttl = tonumber(ttl), extra = extra }
    if kind == VERB_SUCCEEDED then verb.kind, verb.succeeded = VERB_DONE, true end
    verbs[text] = verb
  end
  local kind, extra = verb.kind, verb.extra
  if kind == VERB_LOST then
    local lost = read_message(id, nil, states[id])
    if deliver_again(lost) then
      states[id] = false
      wake(lost.queue)
      return SETTLED_SETTLED
    end
    kind = VERB_DEAD
  end
  ended_attempts[index] = true
  if verb.succeeded then note_success(entry) end
  local part = kind ~= VERB_RETRY and kind ~= VERB_DEFER and kind ~= VERB_COOLDOWN and part_of(id)
  local state = PART_SUCCEEDED
  if part and kind ~= VERB_REPLACED and (kind ~= VERB_DEAD or is_open_part(part)) then
    local rest_of = result
    if result == "" or result == MARK then
      rest_of = kind == VERB_DEAD and "FAILURE " .. extra .. " + +" or "SUCCESS + + +"
    end
    work(12)
    state = kind == VERB_DEAD and PART_FAILED or ENDS[string.sub(rest_of, 1, 1)] or PART_SUCCEEDED
    keep_part_result(part, state, verb.ttl, rest_of)
  elseif result == MARK then
    remember(id, verb.ttl)
  elseif result ~= "" then
    keep_result(id, verb.final, verb.ttl, result)
  end
  if kind ~= VERB_DONE then m = read_message(id, nil, states[id]) end
  states[id] = false
  leave_worker(m)
  if kind == VERB_DONE then
    local keep = not part and tonumber(match(extra, "^keep(%d+)$"))
    if keep then keep_failed(id, keep) end
    local graph = part and is_open_part(part) and extra ~= "" and graph_records().graph_of(part)
    forget(m, state, graph and graph.state ~= GRAPH_REVOKED and state == PART_SUCCEEDED and read_growth(extra) or nil)
  elseif kind == VERB_REPLACED then
    replace(m, part, verb.ttl, read_growth(extra))
  elseif kind == VERB_RETRY or kind == VERB_DEFER then
    if kind == VERB_RETRY then
      m.retries, m.deliveries = m.retries + 1, 0
    else
      m.deliveries = m.deliveries - 1
    end
    if any_task_locks() then permits().release_ticket(id) end
    m.state = STATE_QUEUED
    m.eta = int(now + tonumber(extra))
    renew_rank(m)
    work(25)
    save(m)
    put_in_queue(m)
    wake(m.queue)
  elseif kind == VERB_COOLDOWN then
    m.deliveries = m.deliveries - 1
    if m.revoked > 0 then
      drop_unrun(m, "revoked")
    else
      rate_tolls().cool_down(m, tonumber(extra))
    end
  else
    dead_letter(m, extra)
  end
  return SETTLED_SETTLED
end

local outcomes = {}
for index = 1, settlements do
  if index > 1 and labour <= 0 then break end
  local at = index * 4
  outcomes[index] = settle(index, ids[index], settled[at - 2], settled[at - 1], settled[at])
end
if arg_notes ~= "" then write_notes(arg_notes, ended_attempts) end
if settlements > 0 then
  follow_up()
  flush()
end

local settled_graphs = take_graph_changes()
local reply = { now_text, "", {} }
if arg_lease ~= "" and #outcomes == settlements then
  local queues = {}
  for index = rest, #ARGV do queues[#queues + 1] = ARGV[index] end
  local max = tonumber(arg_max)
  reply = claim(queues, max, tonumber(arg_lease), arg_nonce, math.min(max, tonumber(arg_slots)), tonumber(arg_turn) or 0)
end
save_entry_states()
finish()
local answer = { table.concat(outcomes), reply[1], reply[2], deliveries_text(reply[3]), reply[4] }
local parts_given, paused, claimed_graphs = reply[5], reply[6], take_graph_changes()
if parts_given or settled_graphs or claimed_graphs or paused or dropped then
  answer[5], answer[6], answer[7], answer[8] = answer[5] or {}, parts_given or {}, settled_graphs or {}, claimed_graphs or {}
  answer[9], answer[10] = paused or {}, dropped
end
return answer
