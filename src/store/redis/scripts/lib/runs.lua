-- Runs of entries: what the overlap policy makes of one that is due, and the release of held ones.
--
-- key_runs     "<entry> <sent at> <id>" of every unfinished run, score 0
-- key_hold     entry -> the run it holds: "<due> <timeout> <grace end> <term> <counted 0|1> <max runs> <queue> <priority>
--              <max> <ttl> <task> <eta> <expires> <lock word> <bytes of id> <id><body>"; instants are absolute
-- key_holdid   id of a buffered run -> entry ;  key_holdwake  entry -> when a claim is to look at its buffered run

local HOLD = "^(%d+) (%S+) (%S+) (%S+) (%d) (%S+) (%S+) (%d) (%d+) (%S+) (%S+) (%S+) (%S+) (%S+) (%d+) (.*)$"

local holds = nil

-- The run that the entry holds, or nil. Most stores hold none at all, so that is asked once.
local function hold_of(entry)
  if holds == nil then
    holds = {}
    if call("EXISTS", key_hold) == 0 then setmetatable(holds, { __index = function() return false end }) end
  end
  local hold = holds[entry]
  if hold == nil then
    hold = false
    local text = call("HGET", key_hold, entry)
    if text then
      local due, timeout, grace_end, term, counted, max_runs, queue, priority, max, ttl, task, eta, expires, lock, size, rest =
        match(text, HOLD)
      if due then
        size = tonumber(size)
        hold = {
          entry = entry, due = tonumber(due), due_text = due, timeout = number_or_nil(timeout), grace_end = number_or_nil(grace_end),
          term = term, counted = counted == "1", max_runs = max_runs, id = string.sub(rest, 1, size),
          body = string.sub(rest, size + 1),
          template = {
            queue = queue, priority = tonumber(priority), max = max, ttl = ttl, task = task,
            eta = number_or_nil(eta), eta_text = eta, expires = number_or_nil(expires), expires_text = expires,
            lock = lock ~= "+" and lock or nil,
          },
        }
      end
    end
    holds[entry] = hold
  end
  return hold or nil
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
    local standing, expires = standing_of(id)
    local m = (standing == "e" or standing == "r") and load_message(id)
    if m then
      flush()
      leave_queue(m)
      drop_unrun(m, end_of(m))
      dropped = true
    elseif standing == "h" or standing == "w" then
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

-- Looks many ids up at once, for `send_run`.
local function remember_known(ids)
  for id, found in pairs(known_ids(ids)) do known[id] = found end
end

local function send_run(run)
  work(60)
  if known[run.id] == nil then remember_known({ run.id }) end
  if not known[run.id] then
    send(run.id, run.template, run.entry, run.body, next_number())
    known[run.id] = true
  end
  add_record(run.entry, run.due, run.due_text, "S", run.counted and "+" or "triggered", run.term, run.id)
  local estate = run.counted and estate_of(run.entry)
  if estate then estate.runs = estate.runs + 1 end
  return "s"
end

local function skip_run(run, reason)
  add_record(run.entry, run.due, run.due_text, "K", reason, run.term, run.counted and "" or int(next_number()))
end

local function let_go(hold)
  holds[hold.entry] = false
  call("HDEL", key_hold, hold.entry)
  call("HDEL", key_holdid, hold.id)
  call("ZREM", key_holdwake, hold.entry)
end

-- Ends a buffered run unsent. One that has expired before keeps the result that tells so.
local function drop_hold(hold, reason)
  let_go(hold)
  skip_run(hold, reason)
  local told = hold.template.expires and hold.template.expires <= now and "expired" or reason
  if told == "expired" or told == "revoked" then
    keep_own_result(hold.id, hold.template.ttl, "REVOKED", told)
  end
end

-- Sets when a claim is to look at the buffered run again.
local function watch(hold)
  local at = math.min(hold.grace_end or math.huge, busy_until(hold.entry, hold.timeout))
  if at > now and at < math.huge then
    call("ZADD", key_holdwake, int(at), hold.entry)
  else
    call("ZREM", key_holdwake, hold.entry)
  end
  return at
end

-- Sends every buffered run whose wait may have ended in this script and has.
local function release_holds()
  while #ended_entries > 0 do
    local hold = hold_of(table.remove(ended_entries))
    if hold and watch(hold) <= now then
      let_go(hold)
      send_run(hold)
      local estate = estate_of(hold.entry)
      if estate then
        if hold.counted then end_when_spent(estate, hold.max_runs) end
        touch(estate)
      end
    end
  end
end

-- What follows from ended runs and freed permits, until nothing follows any more: a released run may take a permit.
local function follow_up()
  repeat
    pass_on()
    release_holds()
  until not next(freed)
end

local function send_instead_of_hold(run)
  local hold = hold_of(run.entry)
  if hold then drop_hold(hold, "replaced") end
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
    elseif m.place ~= "h" then
      local reason = end_of(m) or "revoked"
      leave_queue(m)
      drop_unrun(m, reason)
    elseif m.revoked < 2 then
      m.revoked = 2
      save(m)
      asked[#asked + 1] = m.id
    end
  end
  if #asked > 0 then call("PUBLISH", arg_channels .. "ch:revoke", "=" .. cjson.encode(asked)) end
end

local function hold_run(run)
  local before = hold_of(run.entry)
  local grace_end = nil
  if run.policy == "c" then
    -- An entry due more often than its grace must not push the end of the grace ahead of itself.
    grace_end = math.min(now + run.grace, before and before.grace_end or math.huge)
    if grace_end <= now then return send_instead_of_hold(run) end
  end
  if before then drop_hold(before, "replaced") end
  run.grace_end = grace_end
  setmetatable(holds, nil)
  holds[run.entry] = run
  local template = run.template
  call("HSET", key_hold, run.entry, run.due_text .. " " .. (run.timeout and int(run.timeout) or "+") .. " "
    .. (grace_end and int(grace_end) or "+") .. " " .. run.term .. " " .. (run.counted and "1" or "0") .. " "
    .. run.max_runs .. " " .. template.queue .. " " .. template.priority .. " " .. template.max .. " " .. template.ttl .. " "
    .. template.task .. " " .. template.eta_text .. " " .. template.expires_text .. " " .. (template.lock or "+") .. " " .. #run.id .. " " .. run.id .. run.body)
  call("HSET", key_holdid, run.id, run.entry)
  watch(run)
  return "h"
end

-- Whether the lock of the run is busy.
local function is_locked(run)
  if not run.template.lock then return false end
  local lock, capacity = match(run.template.lock, LOCK_WORD)
  return not lock_line().has_room(lock, capacity)
end

-- Sends, skips or holds a run that is due: "s" sent, "o" overlap, "x" locked, "h" held, "k" skipped since the run that was held
-- was the last of max_runs. Its policy: a allow, s skip, q queue-one, c cancel-running.
local function start_run(run)
  if run.policy == "a" then return send_run(run) end
  -- A buffered run whose wait is over, unnoticed by a claim so far, goes first and counts as running.
  if hold_of(run.entry) then
    ended_entries[#ended_entries + 1] = run.entry
    release_holds()
    local estate = run.counted and run.max_runs ~= "+" and estate_of(run.entry)
    if estate and estate.runs >= tonumber(run.max_runs) then
      skip_run(run, "max-runs")
      return "k"
    end
  end
  if busy_until(run.entry, run.timeout) <= now then
    if run.policy == "s" and is_locked(run) then
      skip_run(run, "locked")
      return "x"
    end
    return send_instead_of_hold(run)
  end
  if run.policy == "s" then
    skip_run(run, "overlap")
    return "o"
  end
  if run.policy == "c" then
    stop_runs(run.entry)
    if busy_until(run.entry, run.timeout) <= now then return send_instead_of_hold(run) end
  end
  return hold_run(run)
end
