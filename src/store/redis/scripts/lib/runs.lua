-- Runs of entries: what the overlap policy makes of one that is due, and the release of buffered ones.

local buffered_runs = nil

-- The buffered run of the entry, or nil. Most stores have none at all, so that is asked once.
local function buffered_run_of(entry)
  if buffered_runs == nil then
    buffered_runs = {}
    if call("EXISTS", key_buffered) == 0 then setmetatable(buffered_runs, { __index = function() return false end }) end
  end
  local buffered = buffered_runs[entry]
  if buffered == nil then
    buffered = read_buffered(entry, call("HGET", key_buffered, entry))
    if buffered and any_uniques() then buffered.template.unique = uniques().unique_of(buffered.id) end
    buffered_runs[entry] = buffered
  end
  return buffered or nil
end

-- Of an entry's unfinished runs one look sees so many, the oldest ones; the others count as they are.
local MOST_LOOKED_AT = 1000

-- Drops the runs that no worker will take any more. Then: when the last unfinished run ends or counts as ended, at the
-- earliest if none is taken until then; infinite when only its end will do, in the past when none runs.
local function busy_until(entry, timeout)
  if fresh_runs[entry] then flush() end
  local from, to = "[" .. entry .. " ", "(" .. entry .. "!"
  local runs = call("ZRANGEBYLEX", key_runs, from, to, "LIMIT", 0, MOST_LOOKED_AT)
  local is_all = #runs < MOST_LOOKED_AT
  local last = runs[#runs]
  if not last then return -math.huge end
  if not is_all then last = call("ZREVRANGEBYLEX", key_runs, to, from, "LIMIT", 0, 1)[1] end
  local function given_up_at(run)
    return timeout and (tonumber(match(run, "^%S+ (%d+) ") or "") or 0) + timeout or math.huge
  end
  if given_up_at(last) <= now then return given_up_at(last) end
  local busy = is_all and -math.huge or given_up_at(last)
  local dropped = false
  for _, run in ipairs(runs) do
    local id = match(run, "^%S+ %d+ (.*)$") or ""
    local state, expires = state_of(id)
    local m = (state == TOLD_EXPIRED or state == TOLD_REVOKED) and load_message(id)
    if m then
      flush()
      drop_waiting(m, end_of(m))
      dropped = true
    elseif state == TOLD_LEASED or state == TOLD_QUEUED then
      busy = math.max(busy, math.min(given_up_at(run), tonumber(expires) or math.huge))
    else
      -- Nobody of us wrote it, and it would never end.
      call("ZREM", key_runs, run)
    end
  end
  if dropped then flush() end
  return busy
end

local known = {}

-- Looks many ids up at once, for `is_known`.
local function remember_known(ids)
  for id, found in pairs(known_ids(ids)) do known[id] = found end
end

local function is_known(id)
  if known[id] == nil then remember_known({ id }) end
  return known[id]
end

local function skip_run(run, reason)
  add_record(run.entry, run.due, run.due_text, FATE_SKIPPED, reason, run.term, run.counted and "" or int(next_number()))
end

local function send_run(run)
  work(60)
  if not is_known(run.id) then
    local outcome = send(run.id, run.template, run.entry, run.body, next_number())
    if outcome == ENQUEUED_JOINED or outcome == ENQUEUED_REFUSED then
      skip_run(run, "not-unique")
      return OCCURRENCE_NOT_UNIQUE
    end
    known[run.id] = true
  end
  add_record(run.entry, run.due, run.due_text, FATE_SENT, run.counted and "+" or "triggered", run.term, run.id)
  local entry_state = run.counted and entry_state_of(run.entry)
  if entry_state then entry_state.runs = entry_state.runs + 1 end
  return OCCURRENCE_SENT
end

local function take_out(buffered)
  buffered_runs[buffered.entry] = false
  known[buffered.id] = nil
  if any_uniques() then uniques().end_unique(buffered.id) end
  call("HDEL", key_buffered, buffered.entry)
  call("HDEL", key_bufferedid, buffered.id)
  call("ZREM", key_bufferedwake, buffered.entry)
end

-- Ends a buffered run unsent. One that has expired before keeps the result that tells so.
local function drop_buffered_run(buffered, reason)
  take_out(buffered)
  if any_rated_messages() then rates().forget_rate(buffered.id) end
  forget_lane(buffered.id)
  skip_run(buffered, reason)
  local told = buffered.template.expires and buffered.template.expires <= now and "expired" or reason
  if told == "expired" or told == "revoked" then
    record_unsent(buffered.id, buffered.template, buffered.entry, told)
    keep_own_result(buffered.id, buffered.template.ttl, "REVOKED", told)
    note_dropped(buffered.id, buffered.template.queue, buffered.template.task, told)
  end
end

-- Sets when a claim is to look at the buffered run again.
local function watch(buffered)
  local at = math.min(buffered.grace_end or math.huge, busy_until(buffered.entry, buffered.timeout))
  if at > now and at < math.huge then
    call("ZADD", key_bufferedwake, int(at), buffered.entry)
  else
    call("ZREM", key_bufferedwake, buffered.entry)
  end
  return at
end

-- Sends every buffered run whose wait may have ended in this script and has.
local function release_buffered_runs()
  while #ended_entries > 0 do
    local buffered = buffered_run_of(table.remove(ended_entries))
    if buffered and watch(buffered) <= now then
      take_out(buffered)
      local is_sent = send_run(buffered) == OCCURRENCE_SENT
      local entry_state = is_sent and entry_state_of(buffered.entry)
      if entry_state then
        if buffered.counted then end_when_spent(entry_state, buffered.max_runs) end
        touch(entry_state)
      end
    end
  end
end

local function send_instead_of_buffered(run)
  local buffered = buffered_run_of(run.entry)
  if buffered then drop_buffered_run(buffered, "replaced") end
  return send_run(run)
end

-- Revokes the unfinished runs, at most a thousand: those that wait are gone at once, those at work are asked to stop.
local function stop_runs(entry)
  flush()
  local asked = {}
  local runs = call("ZRANGEBYLEX", key_runs, "[" .. entry .. " ", "(" .. entry .. "!", "LIMIT", 0, 1000)
  for _, run in ipairs(runs) do
    local id = match(run, "^%S+ %d+ (.*)$")
    local m = id and load_message(id)
    if not m then
      call("ZREM", key_runs, run)
    elseif m.state ~= STATE_LEASED then
      drop_waiting(m, end_of(m) or "revoked", true)
    elseif m.revoked < 2 then
      m.revoked = 2
      save(m)
      asked[#asked + 1] = m.id
    end
  end
  if #asked > 0 then call("PUBLISH", arg_channels .. "ch:revoke", "=" .. cjson.encode(asked)) end
end

local function buffer_run(run)
  local before = buffered_run_of(run.entry)
  local grace_end = nil
  if run.policy == POLICY_CANCEL_RUNNING then
    -- An entry due more often than its grace must not push the end of the grace ahead of itself.
    grace_end = math.min(now + run.grace, before and before.grace_end or math.huge)
    if grace_end <= now then return send_instead_of_buffered(run) end
  end
  if before then drop_buffered_run(before, "replaced") end
  run.grace_end = grace_end
  setmetatable(buffered_runs, nil)
  buffered_runs[run.entry] = run
  call("HSET", key_buffered, run.entry, buffered_text(run))
  call("HSET", key_bufferedid, run.id, run.entry)
  if run.template.rate then rates().keep_rate(run.id, run.template.rate) end
  if run.template.unique then uniques().note(run.id, run.template.unique) end
  if run.template.lane then keep_lane(run.template.queue, run.id, run.template.lane) end
  watch(run)
  return OCCURRENCE_BUFFERED
end

-- Whether the lock of the run is busy.
local function is_locked(run)
  if not run.template.lock then return false end
  local lock, capacity = match(run.template.lock, LOCK_WORD)
  return not lock_waiters().has_room(lock, capacity)
end

-- Sends, skips or buffers a run that is due. It is skipped, too, where the one buffered before was the last of max_runs.
local function start_run(run)
  if run.policy == POLICY_ALLOW then return send_run(run) end
  -- A buffered run whose wait is over, unnoticed by a claim so far, goes first and counts as running.
  if buffered_run_of(run.entry) then
    ended_entries[#ended_entries + 1] = run.entry
    release_buffered_runs()
    local entry_state = run.counted and run.max_runs ~= "+" and entry_state_of(run.entry)
    if entry_state and entry_state.runs >= tonumber(run.max_runs) then
      skip_run(run, "max-runs")
      return OCCURRENCE_SKIPPED
    end
  end
  if busy_until(run.entry, run.timeout) <= now then
    if run.policy == POLICY_SKIP and is_locked(run) then
      skip_run(run, "locked")
      return OCCURRENCE_LOCKED
    end
    return send_instead_of_buffered(run)
  end
  -- A run that is known already is no new one: it is not skipped, and none waits, stops or is replaced for it.
  local buffered = buffered_run_of(run.entry)
  if buffered and buffered.id == run.id then return OCCURRENCE_BUFFERED end
  if is_known(run.id) then return send_run(run) end
  if run.policy == POLICY_SKIP then
    skip_run(run, "overlap")
    return OCCURRENCE_OVERLAP
  end
  if run.policy == POLICY_CANCEL_RUNNING then
    stop_runs(run.entry)
    if busy_until(run.entry, run.timeout) <= now then return send_instead_of_buffered(run) end
  end
  return buffer_run(run)
end
