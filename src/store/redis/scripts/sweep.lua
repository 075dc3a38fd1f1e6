-- Drops results and revocations whose time is over, ended permits, and parts of graphs. Of results, and of locks that somebody may hold
-- alone, it looks at some hundreds each, and at fewer where they are large or many are over.
--
-- ARGV
--   now       ms, "" for the server's TIME
--   channels  prefix of all channels
--   limit     how many at most
--   from      where the look at results goes on, "0" for the beginning, "" for no look
--   lockfrom  the same of locks
-- Returns: { the number dropped, the number looked at, where each look goes on, "" when the last was seen; 1 when more may
--   be over than one call drops }
-- Flags: allow-oom
-- Uses: clock, version, records, numbers, later, graph-records, results, permits, messages, waiters, ledger, entries, send, ends, runs, todo, parts, graph, graph-portions, graph-open, release
local waiters = lock_waiters()
local limit = tonumber(arg_limit)
local function look(key, from, size)
  if from == "" then return "", {} end
  local on, found = unpack(call("HSCAN", key, from, "COUNT", size))
  return on ~= "0" and on or "", found
end
-- In pages that grow while the results turn out to be small.
local from, size, looked, bytes, over = arg_from, 10, 0, 0, {}
while from ~= "" and looked < 500 and bytes < MOST_BYTES do
  local on, results = look(key_res, from, size)
  local before = #over
  for index = 1, #results, 2 do
    local record = results[index + 1]
    bytes = bytes + #record
    if not is_kept(record) then over[#over + 1] = results[index] end
  end
  looked = looked + #results / 2
  -- A page is taken whole or not at all, and the first one as far as it may.
  if #over > limit then
    for index = #over, math.max(before, before == 0 and limit or 0) + 1, -1 do over[index] = nil end
    break
  end
  from = on
  size = math.max(1, math.min(4 * size, 500 - looked, math.floor((MOST_BYTES - bytes) * looked / math.max(1, bytes))))
end
many("HDEL", key_res, over)
local dropped = #over
local revoked = call("ZRANGEBYSCORE", key_rev, "-inf", now_text, "LIMIT", 0, limit - dropped)
many("ZREM", key_rev, revoked)
dropped = dropped + #revoked
for _, wakes in ipairs({ key_lockend, key_lockwake }) do
  for _, lock in ipairs(call("ZRANGEBYSCORE", wakes, "-inf", now_text, "LIMIT", 0, math.max(0, limit - dropped))) do
    if labour <= 0 then break end
    local _, ended = waiters.hand_over(lock)
    dropped = dropped + ended
  end
end
-- Those held alone stand in neither list.
local lock_from, locks = look(key_lock, arg_lockfrom, 500)
looked = looked + #locks / 2
for index = 1, #locks, 2 do
  local _, since, lease = match(locks[index + 1], ALONE)
  if since and since + lease <= now then
    if dropped == limit or labour <= 0 then
      lock_from = arg_lockfrom
      looked = looked - (#locks - index + 1) / 2
      break
    end
    local _, ended = waiters.hand_over(locks[index])
    dropped = dropped + ended
  end
end
local is_cut = labour <= 0
if dropped < limit then
  for _, id in ipairs(call("ZRANGEBYSCORE", key_gend, "-inf", now_text, "LIMIT", 0, math.min(5, limit - dropped))) do
    local graph = graph_records().graph_at(id)
    if graph then
      graph_portions().drop_graph(graph, "0")
    else
      call("ZREM", key_gend, id)
    end
  end
  if any_parts() then
    graph_todo().left = math.min(FOLLOWED_AT_ONCE, limit - dropped)
    follow_up()
    local gone = graph_todo().dropped
    dropped, is_cut = dropped + gone, is_cut or gone > 0
  end
end
pass_on()
leave_graph_changes()
save_entry_states()
finish()
return { dropped, looked, from, lock_from, is_cut and 1 or 0 }
