-- Drops part of what waits in one queue, without results. What is sent while a purge is going on is not dropped: only
-- messages up to the bound are.
--
-- ARGV
--   now       ms, "" for the server's TIME
--   channels  prefix of all channels
--   queue     escaped name
--   bound     the greatest age to drop, in a fair queue the instant of the last sending; "" in the first call of a purge
--   after     "" to begin with; else a code of `state`, and the position behind which to go on, "" for the first; before that its score
--             and a space, where the messages are blocked or scheduled
-- Returns: { dropped, bound, after; "" when nothing is left }
-- Flags: allow-oom
-- Uses: clock, version, records, numbers, history, later, rate, graph-records, results, permits, lanes, unique, messages, waiters, ledger, entries, send, ends, runs, todo, parts, graph, graph-portions, graph-open, release
local STEP = 250
local is_by_turns = is_fair(arg_queue)
local bound = tonumber(arg_bound ~= "" and arg_bound or is_by_turns and now or call("GET", key_seq) or 0)
local after, dropped = "", 0

local function drop(position, key, state)
  local queue, rank, id = match(position, POSITION)
  if queue ~= arg_queue then return false end
  local m = is_by_turns and load_message(id)
  if (m and tonumber(m.at) or not is_by_turns and tonumber(string.sub(rank, 2)) or 0) > bound then return false end
  call("ZREM", key, position)
  if state then count(state, queue, -1) end
  m = m or load_message(id)
  if m and (m.state == STATE_QUEUED or m.state == STATE_BLOCKED) then
    if m.state == STATE_BLOCKED and any_rated_messages() then rates().leave_backlog(m) end
    if part_of(id) then
      drop_unrun(m, "revoked")
    else
      record_end(m, "revoked", "purged")
      remove_message(m)
      drop_result(id)
    end
    dropped = dropped + 1
  end
  return true
end

-- One page of a set in which the positions of all queues stand; gives where to go on. What leaves the set or comes into it
-- between two pages moves all behind it, so what is remembered is a position that stays, and not a number.
local function purge_page(state, stays, key, step, following)
  if call("HEXISTS", key_count, state .. arg_queue) == 0 then return following end
  local score, position = match(stays, "^(%S+) (.*)$")
  local rank = position and call("ZRANK", key, position)
  local from = rank and rank + 1 or score and call("ZCOUNT", key, "-inf", "(" .. score) or 0
  local positions = call("ZRANGE", key, from, from + step - 1, "WITHSCORES")
  for index = 1, #positions, 2 do
    if not drop(positions[index], key, state) then stays = positions[index + 1] .. " " .. positions[index] end
  end
  return #positions == step * 2 and state .. stays or following
end

-- Blocked ones first: a permit that comes free here would make them ready.
local state, from = match(arg_after == "" and STATE_BLOCKED or arg_after, "^(%a)(.*)$")
if state == STATE_BLOCKED then
  after = purge_page(STATE_BLOCKED, from, key_blocked, STEP / 10, STATE_SCHEDULED)
elseif state == STATE_SCHEDULED then
  after = purge_page(STATE_SCHEDULED, from, key_scheduled, STEP, STATE_QUEUED)
else
  local positions = call("ZRANGEBYLEX", key_ready, from == "" and "[" .. arg_queue .. " " or "(" .. from,
    "(" .. arg_queue .. "!", "LIMIT", 0, STEP)
  for _, position in ipairs(positions) do drop(position, key_ready) end
  if #positions == STEP then after = STATE_QUEUED .. positions[STEP] end
end
follow_up()
leave_graph_changes()
save_entry_states()
finish()
return { dropped, int(bound), after }
