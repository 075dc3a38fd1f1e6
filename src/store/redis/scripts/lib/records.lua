-- The records: each is written and read here alone. Words are parted by single spaces, and what may be any text stands last.
-- Names are escaped, so that they have no spaces, and "+" stands for null.

-- A message as sent, in key_msg: "<queue> <rank> <at> <eta> <max> <entry> <expires> <ttl> <task> <body>".
-- rank: priority turned round, then the age; the order inside a queue as text. ttl: ms for which a result is kept, and where
-- the id stays known without one also for how many ms, behind a comma.

local RECORD = "^(%S+) (%d+) (%d+) (%-?[%d+]%d*) (%d+) (%S+) (%-?[%d+]%d*) (%S+) (%S+) "
-- What the state of a first delivery ends with; then when the message expires.
local BEGINNING = "^(%S+ %d+ %d+ %-?[%d+]%d* %d+ %S+) (%-?[%d+]%d*) %S+ %S+ "
local RECORD_TASK = "^%S+ %S+ %S+ %S+ %S+ %S+ %S+ %S+ (%S+) "
local RECORD_EXPIRES = "^%S+ %S+ %S+ %S+ %S+ %S+ (%S+) "

-- A record is "<queue> <rank>", this, the entry, what `record_tail` gives, and the body.
local function record_head(eta, max)
  return " " .. now_text .. " " .. eta .. " " .. max .. " "
end

local function record_tail(expires, ttl, task)
  return " " .. expires .. " " .. ttl .. " " .. task .. " "
end

-- A place in a queue: "<queue> <rank> <id>", the member of key_ready, key_scheduled, key_leased or key_blocked.
local POSITION = "^(%S+) (%d+) (.*)$"

local function position_of(m)
  return m.queue .. " " .. m.rank .. " " .. m.id
end

-- What has changed of a message, in key_state; none for one that was never taken:
-- "<state> <token> <retries> <deliveries> <revoked> <queue> <rank> <at> <eta> <max> <entry>".
-- revoked: 0 no, 1 drop it when it would be claimed, 2 tell its worker too.

local STATE = "^(%a) (%S+) (%d+) (%d+) (%d) (%S+) (%d+) (%d+) (%S+) (%d+) (%S+)$"
local REVOKED = "^(%a) %S+ %d+ %d+ (%d) "
-- Behind "<state> <token> ": queue and rank as one, in it the queue; when it was sent, entry.
local LEASED = "^%d+ %d+ %d ((%S+) %d+) (%d+) %S+ %d+ (%S+)$"

local function state_text(m)
  return m.state .. " " .. m.token .. " " .. m.retries .. " " .. m.deliveries .. " " .. m.revoked .. " " .. m.queue
    .. " " .. m.rank .. " " .. m.at .. " " .. m.eta .. " " .. m.max .. " " .. m.entry
end

-- Of a first delivery; `beginning` as above.
local function first_state(nonce, number, beginning)
  return STATE_LEASED .. " " .. nonce .. "." .. number .. " 0 1 0 " .. beginning
end

-- Of one that was never taken and whose rank is to change.
local function first_queued(queue_and_rank, at, eta, max, entry)
  return STATE_QUEUED .. " + 0 0 0 " .. queue_and_rank .. " " .. at .. " " .. eta .. " " .. max .. " " .. entry
end

-- A message by its record and its state; nil when there is none, or a record nobody of us wrote.
local function read_message(id, record, text)
  if text then
    local state, token, retries, deliveries, revoked, queue, rank, at, eta, max, entry = match(text, STATE)
    if state then
      return {
        id = id, state = state, queue = queue, rank = rank, retries = tonumber(retries),
        deliveries = tonumber(deliveries), revoked = tonumber(revoked), eta = eta, at = at, max = max,
        token = token, entry = entry,
      }
    end
  end
  if not record then return nil end
  local queue, rank, at, eta, max, entry, expires, ttl, task = match(record, RECORD)
  if not queue then return nil end
  return {
    id = id, state = STATE_QUEUED, queue = queue, rank = rank, retries = 0, deliveries = 0, revoked = 0, eta = eta, at = at,
    max = max, token = "+", entry = entry, expires = expires, ttl = ttl, task = task,
  }
end

-- What stands in the record alone: when it expires, the task, for `keep_own_result` how long a result is kept.
local function read_rest(m)
  local _, _, _, _, _, _, expires, ttl, task = match(call("HGET", key_msg, m.id) or "", RECORD)
  m.expires, m.ttl, m.task = expires or "+", ttl or "0", task
end

-- Of a message that a worker has under this token, else nil: queue and rank as one, the queue, when it was sent, its entry.
local function read_leased(token, text)
  local start = STATE_LEASED .. " " .. token .. " "
  if not text or string.sub(text, 1, #start) ~= start then return nil end
  return match(text, LEASED, #start + 1)
end

-- When a run of an entry succeeded last, in key_entrysuccess. Of an entry that is gone nothing is kept.

local function note_success(entry)
  if entry ~= "+" and call("HEXISTS", key_entry, entry) == 1 then call("HSET", key_entrysuccess, entry, now_text) end
end

-- An unfinished run of an entry, a member of key_runs: "<entry> <sent at, fourteen digits> <id>".

local function run_text(entry, at, id)
  return entry .. " " .. at .. " " .. id
end

-- The buffered run of an entry, in key_buffered: "<due> <timeout> <grace end> <term> <counted 0|1> <max runs> <queue> <priority>
-- <max> <ttl> <task> <eta> <expires> <lock word> <bytes of id> <id><body>"; instants are absolute.

local BUFFERED_RUN = "^(%d+) (%S+) (%S+) (%S+) (%d) (%S+) (%S+) (%d) (%d+) (%S+) (%S+) (%S+) (%S+) (%S+) (%d+) (.*)$"
local BUFFERED_EXPIRES = "^%S+ %S+ %S+ %S+ %S+ %S+ %S+ %S+ %S+ %S+ %S+ %S+ (%S+) "

local function buffered_text(run)
  local template = run.template
  return run.due_text .. " " .. (run.timeout and int(run.timeout) or "+") .. " "
    .. (run.grace_end and int(run.grace_end) or "+") .. " " .. run.term .. " " .. (run.counted and "1" or "0") .. " "
    .. run.max_runs .. " " .. template.queue .. " " .. template.priority .. " " .. template.max .. " " .. template.ttl .. " "
    .. template.task .. " " .. template.eta_text .. " " .. template.expires_text .. " " .. (template.lock or "+") .. " "
    .. #run.id .. " " .. run.id .. run.body
end

local function read_buffered(entry, text)
  local due, timeout, grace_end, term, counted, max_runs, queue, priority, max, ttl, task, eta, expires, lock, size, rest =
    match(text or "", BUFFERED_RUN)
  if not due then return false end
  size = tonumber(size)
  return {
    entry = entry, due = tonumber(due), due_text = due, timeout = number_or_nil(timeout),
    grace_end = number_or_nil(grace_end), term = term, counted = counted == "1", max_runs = max_runs,
    id = string.sub(rest, 1, size), body = string.sub(rest, size + 1),
    template = {
      queue = queue, priority = tonumber(priority), max = max, ttl = ttl, task = task,
      eta = number_or_nil(eta), eta_text = eta, expires = number_or_nil(expires), expires_text = expires,
      lock = lock ~= "+" and lock or nil,
    },
  }
end

-- The same text, of which the limit of runs is no longer known.
local function without_max_runs(text)
  return (string.gsub(text, "^(%d+ %S+ %S+ %S+ %d )%S+", "%1+"))
end

-- What changes of an entry, in key_entrystate:
-- "<etag> <revision> <due> <dispatch> <paused> <disabled> <disabled at> <last> <runs>". Of one that is not disabled its basis, +
-- for none, stands in place of "disabled at": versions of before leave it there.

local ENTRY_STATE_TEXT = "^(%d+) (%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (%d+)$"
-- Of an entry that is neither paused nor disabled: "<revision> <due>", last, runs.
local ACTIVE_ENTRY = "^%d+ (%S+ %S+) %S+ %+ %+ %S+ (%S+) (%d+)$"

-- Behind the etag. `mark`: when it was disabled; of one that is not, its basis.
local function entry_state_rest(revision, due, dispatch, paused, disabled, mark, last, runs)
  return " " .. revision .. " " .. due .. " " .. dispatch .. " " .. paused .. " " .. disabled .. " " .. mark .. " "
    .. last .. " " .. int(runs)
end

local function read_entry_state(name, text)
  local etag, revision, due, dispatch, paused, disabled, mark, last, runs = match(text or "", ENTRY_STATE_TEXT)
  return etag and {
    name = name, etag = etag, revision = revision, due = due, dispatch = dispatch, paused = paused,
    disabled = disabled, disabled_at = disabled == "+" and "+" or mark, basis = disabled == "+" and mark or "+", last = last,
    runs = tonumber(runs),
  } or false
end

-- A row of the ledger, a member of key_ledger: "<entry> <due, sixteen digits> <fate> <at - due> <reason> <term> <tail>". Tail of
-- one sent: the id of the task; of one skipped: a number that tells triggered ones apart, or nothing; of a range, which begins
-- at due: "<to> <count> <schedule>".

local function ledger_text(entry, due, due_text, fate, reason, term, tail)
  return entry .. " " .. due_text .. " " .. fate .. " " .. int(now - due) .. " " .. reason .. " " .. term .. " " .. tail
end

-- A result, in key_res: "<until> <at> <final 0|1> <state> <reason> <worker> <payload>". Payload: "+" for null, else "=" and the
-- text. One whose time is over counts as none, until a sweep drops it. One without a state is a mark: the task has ended and
-- left no result, and its id stays known.

local MARK = "+ + + +"

-- A result is this, and what begins with the state.
local function result_head(ends_at, final)
  return ends_at .. " " .. now_text .. " " .. final .. " "
end

local function is_kept(result)
  return result and (tonumber(match(result, "^(%S+) ")) or 0) > now
end

local function is_final(result)
  return is_kept(result) and match(result, "^%S+ %S+ (%d) ") == "1"
end

local function is_mark(result)
  return match(result, "^%S+ %S+ 0 %+ %+ %+ %+$") ~= nil
end

-- Who asked for a lock: a message, by its id in key_tasklock, or a process, by "<lock> <waiter>" in key_processlock:
-- "<status> <lock word> <ticket> <since> <until> <token> <fence> <wait deadline> <label>"; "+" for what it has not.
-- A permit is "<token>.<kind><id>" to those who hold it.

local LOCK_REQUEST = "^(%a) (%S+) (%S+) (%d+) (%d+) (%S+) (%S+) (%S+) (.*)$"
-- Of a process that holds a permit, up to its end; the end, token and fence; the rest, in it the label.
local HOLDER = "^(" .. REQUEST_HOLDING .. " %S+ %S+ (%d+) )(%d+) (%S+) (%S+)( %S+ (.*))$"
-- "<lock>,<capacity>,<wait timeout>,<ms a permit may lie unused>"
local LOCK_WORD = "^([^ ,]+),(%d+),([^ ,]+),(%d+)$"

local function request_text(status, word, ticket, since, ends_at, token, fence, wait_deadline, label)
  return status .. " " .. word .. " " .. ticket .. " " .. since .. " " .. int(ends_at) .. " " .. token .. " " .. fence .. " "
    .. wait_deadline .. " " .. label
end

local function read_request(kind, id, key, field, text)
  local status, word, ticket, since, ends_at, token, fence, wait_deadline, label = match(text or "", LOCK_REQUEST)
  local lock, _, _, grant_ms = match(word or "", LOCK_WORD)
  return lock and {
    kind = kind, id = id, key = key, field = field, status = status, word = word, lock = lock,
    grant_ms = tonumber(grant_ms), ticket = ticket, since = tonumber(since), ends_at = tonumber(ends_at), token = token,
    fence = fence, wait_deadline = wait_deadline, label = label,
  } or false
end

-- In key_lock, capacity of a lock that somebody holds or waits for. A process that took it when it was free holds it alone until
-- somebody else comes or looks: this is then all there is of it, and `capacity_of` (lib/waiters.lua) gives it the rest.
local ALONE = "^(%d+) (%d+) (%d+) (%d+) (%S+) (%S+)$"

local function alone_text(capacity, since, lease, fence, label, waiter)
  return capacity .. " " .. since .. " " .. lease .. " " .. fence .. " " .. label .. " " .. waiter
end

-- A place among the permits or the waiters of a lock: "<lock> <instant or ticket, fourteen digits> <kind><id>", in key_alive
-- without a kind.

local function lock_position(lock, number, who)
  return lock .. " " .. format("%014.0f", number) .. " " .. who
end

-- What a message says of its unique key, in key_uniqof and behind "u" at the end of a template:
-- "<key>,<ttl>,<what frees it, a code of until>,<a code of conflict>,<max wait>".

local UNIQUE_WORD = "^([^ ,]+),([^ ,]+),([^ ,]),([^ ,]),([^ ,]+)$"

local function read_unique_word(word)
  local key, ttl, ends, policy, max_wait = match(word or "", UNIQUE_WORD)
  return key and {
    word = word, key = key, ttl = number_or_nil(ttl), ends = ends, policy = policy, max_wait = number_or_nil(max_wait),
  } or nil
end

-- Who has a unique key, in key_uniq: "<until> <its time alone ends it 0|1> <bytes of the owner's id> <owner><one that waits, or nothing>".

local function unique_key_text(ends_at, timed, owner, waiting)
  return ends_at .. " " .. timed .. " " .. #owner .. " " .. owner .. waiting
end

local function read_unique_key(text)
  local ends_at, timed, size, rest = match(text or "", "^(%S+) ([01]) (%d+) (.*)$")
  size = tonumber(size)
  return size and {
    ends_at = ends_at, timed = timed, owner = string.sub(rest, 1, size), waiting = string.sub(rest, size + 1),
  } or nil
end

-- As store/contracts/locks.ts and lock-inspection.ts have them (ms; waiters; rows).

local OFFER_MS = 100
local SKIPPED_MS = 10000
local TOLD_OF_OFFER = 3
local LOCK_HISTORY_ROWS = 10000

-- A row of the history of locks, in key_locklog: "<event> <kind> <fence> <at> <ms waited or held> <lock> <label> <id>".

local function event_text(event, kind, fence, took, lock, label, id)
  return event .. " " .. kind .. " " .. fence .. " " .. now_text .. " " .. took .. " " .. lock .. " " .. label .. " " .. id
end

-- The limit of a task, in key_limits: "<by message 0|1> <what code says> <what an operator says>". Each is "+" for no limit, or
-- "<limit>,<ms>,<burst>"; that of an operator "-" where nothing was said.

local LIMIT = "^([01]) (%S+) (%S+)$"
local RATE = "^([^,]+),([^,]+),([^,]+)$"

local function read_limit(text)
  local by_message, code, control = match(text or "", LIMIT)
  if not by_message then return false end
  local limit, per, burst = match(control == "-" and code or control, RATE)
  return {
    by_message = by_message == "1", code = code, control = control,
    rate = limit and { limit = tonumber(limit), per = tonumber(per), burst = tonumber(burst) },
  }
end

-- What a message carries, in key_ratemsg: "<tokens>,<key>", without a key for none. The bucket "<task>,<key>", or "<task>,", in
-- key_rate: "<full at> <interval and burst by which that was reckoned> <written at> <shut until>"; one that is full is not there.

local RATE_WORD = "^(%d+),(%S*)$"
local BUCKET = "^(%S+) (%S+) (%d+) (%d+) (%S+)$"

local function bucket_text(bucket)
  return format("%.17g %.17g %.0f %.0f %.0f", bucket.full_at, bucket.interval, bucket.burst, bucket.at, bucket.shut_until)
end

local function read_bucket(text)
  local full_at, interval, burst, at, shut_until = match(text or "", BUCKET)
  return full_at and {
    full_at = tonumber(full_at), interval = tonumber(interval), burst = tonumber(burst), at = tonumber(at),
    shut_until = tonumber(shut_until),
  } or false
end

-- What waits for tokens of one bucket in one queue, in key_backlog by "<bucket> <queue>": when a claim looks at it, and the first
-- instant of a token that nobody was told of. It stands by both in key_ratedue and key_rateturn, and its messages in key_ratewait:
-- "<bucket> <queue> <rank> <id>".

local BACKLOG = "^(%S+) (%S+)$"

-- Ms and millionths of a second, as wide as each other.
local function instant_text(at)
  return format("%018.3f", math.ceil(at * 1000) / 1000)
end

local function backlog_position(queue, at, bucket)
  return queue .. " " .. at .. " " .. bucket
end
