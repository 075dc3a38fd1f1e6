-- Drops results, revocations and unique keys whose time is over, ended permits and pauses, buckets that are full, idle lanes, and parts of
-- graphs. Of results, of buckets, of lanes, and of locks that somebody may hold alone, it looks at some hundreds each, and at fewer where they
-- are large or many are over.
--
-- ARGV
--   now       ms, "" for the server's TIME
--   channels  prefix of all channels
--   limit     how many at most
--   from      where the look at results goes on, "0" for the beginning, "" for no look
--   lockfrom  the same of locks
--   ratefrom  the same of buckets
--   lanefrom  the same of lanes
-- Returns: { the number dropped, the number looked at, where each look goes on, "" when the last was seen; 1 when more may
--   be over than one call drops }
-- Flags: allow-oom
-- Uses: clock, version, records, numbers, history, later, rate, graph-records, results, permits, lanes, unique, messages, waiters, ledger, entries, send, ends, runs, todo, parts, graph, graph-portions, graph-open, release, pause
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
local rate_from, buckets = arg_ratefrom, {}
if dropped < limit and labour > 0 then rate_from, buckets = look(key_rate, arg_ratefrom, math.min(500, limit - dropped)) end
looked = looked + #buckets / 2
local full = {}
for index = 1, #buckets, 2 do
  local bucket = read_bucket(buckets[index + 1])
  if not bucket or math.max(bucket.full_at, bucket.shut_until) <= now then full[#full + 1] = buckets[index] end
end
if #full > limit - dropped then
  rate_from = arg_ratefrom
  for index = #full, limit - dropped + 1, -1 do full[index] = nil end
end
many("HDEL", key_rate, full)
work(#buckets)
dropped = dropped + #full
local is_cut = labour <= 0
for _, key in ipairs(call("ZRANGEBYSCORE", key_uniqend, "-inf", now_text, "LIMIT", 0, math.max(0, limit - dropped))) do
  local record = read_unique_key(call("HGET", key_uniq, key))
  call("ZREM", key_uniqend, key)
  -- One for which somebody waits comes back here with its next change; the time may be that of an owner before.
  if record and record.waiting == "" and record.ends_at ~= "+" then
    call("HDEL", key_uniq, key)
    dropped = dropped + 1
  end
end
local _, pauses = look(key_qconf, "0", 100)
for index = 1, #pauses, 2 do
  if dropped < limit and not is_in_force(pauses[index + 1]) then
    dropped = dropped + call("HDEL", key_qconf, pauses[index])
  end
end
-- A lane is idle when its last turn was taken, or nothing is ready in its queue.
local lane_from, lanes = look(key_lane, arg_lanefrom, 200)
looked = looked + #lanes / 2
local is_empty = {}
for index = 1, #lanes, 2 do
  local queue, digit = match(lanes[index], "^(%S+) (%d) ")
  local last, taken = tonumber(lanes[index + 1]), queue and taken_turn(queue, digit)
  if taken and is_empty[queue] == nil then
    is_empty[queue] = call("ZLEXCOUNT", key_ready, "[" .. queue .. " ", "(" .. queue .. "!") == 0
  end
  if dropped == limit then
    lane_from = arg_lanefrom
  elseif not taken or not last or last <= taken or is_empty[queue] then
    if taken and last then pass_turn(queue, digit .. int(math.floor(last))) end
    dropped = dropped + call("HDEL", key_lane, lanes[index])
  end
end
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
return { dropped, looked, from, lock_from, rate_from, lane_from, is_cut and 1 or 0 }
