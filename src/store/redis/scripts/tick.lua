-- Accounts for occurrences: sends, skips, holds them, writes the ledger and moves the cursors; or does nothing, the whole
-- batch under a wrong term, an item otherwise.
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
--   beat      hash   id, nonce, term, until, host, version of the leader
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
--   term      escaped
--   templates    number of templates
--   rest...   the templates (lib/send.lua), then per item: entry (escaped), "<revision> <expected due> <next due>
--             <next dispatch> <disable> <max runs> <occurrences>" (+ for null), then per occurrence one of
--               "S <due, sixteen digits> <policy a|s|q|c> <timeout> <grace> <number of its template>", id, body
--               "K <due, sixteen digits> <reason>"
--               "R <from, sixteen digits> <to> <count> <reason>", schedule
-- Returns: { now, outcome, ... }: f alone when fenced, else one text per item: its refusal in a word, or "=" and a letter
--   per occurrence: s sent, k skipped, o overlap, x locked, h buffered
-- Uses: clock, numbers, later, results, permits, messages, line, ledger, estates, send, ends, runs
local term, till = unpack(call("HMGET", key_beat, "term", "until"))
if term ~= arg_term or not till or tonumber(till) <= now then return { now_text, "f" } end

local templates = {}
local at = rest + tonumber(arg_templates)
for index = rest, at - 1 do templates[#templates + 1] = read_template(ARGV[index]) end

-- Everything is parsed before the first write.
local items, names, sent_ids = {}, {}, {}
while at <= #ARGV do
  local entry = ARGV[at]
  local revision, expect, due, dispatch, disable, max_runs, occurrences =
    match(ARGV[at + 1], "^(%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (%d+)$")
  if not revision then error("sunbeat: not an item: " .. ARGV[at + 1]) end
  local plan, ends, ends_text = {}, -math.huge, nil
  at = at + 2
  for index = 1, tonumber(occurrences) do
    local kind, due_text, rest_of = match(ARGV[at], "^(%a) (%d+) (.*)$")
    local planned
    local end_text = due_text
    if kind == "S" then
      local policy, timeout, grace, template = match(rest_of, "^(%a) (%S+) (%S+) (%d+)$")
      planned = {
        kind = kind, due = tonumber(due_text), due_text = due_text, policy = policy, timeout = number_or_nil(timeout),
        grace = tonumber(grace), template = templates[tonumber(template)], id = ARGV[at + 1], body = ARGV[at + 2],
        entry = entry, term = arg_term, counted = true, max_runs = max_runs,
      }
      sent_ids[#sent_ids + 1] = planned.id
      at = at + 3
    elseif kind == "K" then
      planned = { kind = kind, due = tonumber(due_text), due_text = due_text, reason = rest_of, tail = "" }
      at = at + 1
    else
      local to, missed, reason = match(rest_of, "^(%d+) (%S+) (%S+)$")
      planned = {
        kind = kind, due = tonumber(due_text), due_text = due_text, reason = reason,
        tail = to .. " " .. missed .. " " .. ARGV[at + 1],
      }
      end_text = to
      at = at + 2
    end
    plan[index] = planned
    if tonumber(end_text) > ends then ends, ends_text = tonumber(end_text), end_text end
  end
  items[#items + 1] = {
    entry = entry, revision = revision, expect = expect, due = due, dispatch = dispatch, disable = disable,
    max_runs = max_runs, plan = plan, ends = ends, ends_text = ends_text,
  }
  names[#names + 1] = entry
end
for name, text in pairs(fields(key_estate, names)) do estates[name] = read_estate(name, text) or false end
remember_known(sent_ids)

local function refusal(item, estate)
  if not estate then return "gone" end
  if estate.revision ~= item.revision then return "stale" end
  if estate.due ~= item.expect then return "moved" end
  -- Without a cursor to compare, the newest occurrence accounted for tells a repeated tick.
  local first = item.plan[1]
  if item.expect == "+" and first and estate.last ~= "+" and first.due <= tonumber(estate.last) then return "moved" end
  if item.ends > now then return "early" end
  if estate.paused ~= "+" or estate.disabled ~= "+" then return "paused" end
  return nil
end

local function account(item, estate)
  local letters = ""
  for _, planned in ipairs(item.plan) do
    if planned.kind == "S" then
      letters = letters .. start_run(planned)
    else
      add_record(item.entry, planned.due, planned.due_text, planned.kind, planned.reason, arg_term, planned.tail)
      letters = letters .. "k"
    end
  end
  if item.ends > (tonumber(estate.last) or -math.huge) then estate.last = item.ends_text end
  set_standing(estate, item.due, item.dispatch, estate.paused,
    item.disable == "+" and estate.disabled or item.disable)
  end_when_spent(estate, item.max_runs)
  touch(estate)
  return "=" .. letters
end

reserve_numbers(#items + #sent_ids)
local reply = { now_text }
for index, item in ipairs(items) do
  local estate = estate_of(item.entry)
  reply[index + 1] = refusal(item, estate) or account(item, estate)
end
-- cancel-running may have ended runs that still waited.
follow_up()
save_estates()
finish()
return reply
