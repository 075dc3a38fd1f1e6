-- Drops part of what waits in one queue, without results. What is sent while a purge is going on is not dropped: only
-- messages up to the bound are.
--
-- KEYS
--   seq       string last number given to a message, an entry or a dead letter
--   msg       hash   id -> record as sent
--   state     hash   id -> what has changed since
--   ready     zset   lines of ready messages, in order of text
--   eta       zset   line of a delayed message -> eta (ms)
--   count     hash   kind and queue -> number of messages
--   res       hash   id -> result
--   resx      zset   id -> when its result ends (ms)
--   runs      zset   unfinished runs of entries
--   hold      hash   entry -> the run it holds
--   holdid    hash   id of a held run -> entry
--   holdwake  zset   entry -> when to look at its held run (ms)
--   log       zset   ledger records, in order of entry and due
--   estate    hash   name -> what changes of an entry
--   due       zset   name -> when it is due next (ms)
-- ARGV
--   now       ms, "" for the server's TIME
--   channels  prefix of all channels
--   queue     escaped name
--   bound     the greatest age to drop, "" in the first call of a purge
--   after     "" to begin with; the line of the ready messages to go on after; or "@<n>" to go on with the delayed ones,
--             the first n of which were looked at and stay
-- Returns: { dropped, bound, after; "" when nothing is left }
-- Flags: allow-oom
-- Uses: clock, numbers, later, results, messages, ledger, estates, send, runs
local STEP = 1000
local bound = tonumber(arg_bound ~= "" and arg_bound or call("GET", key_seq) or 0)
local after, dropped = "", 0

local function drop(line, key)
  local queue, rank, id = match(line, LINE)
  if queue ~= arg_queue then return false end
  if tonumber(string.sub(rank, 2)) > bound then return false end
  call("ZREM", key, line)
  if key == key_eta then count(delayed_counts, queue, -1) end
  local m = load_message(id)
  if m and m.place == "w" then
    forget(m)
    drop_result(id)
    dropped = dropped + 1
  end
  return true
end

local skipped = match(arg_after, "^@(%d+)$")
if not skipped then
  local from = arg_after == "" and "[" .. arg_queue .. " " or "(" .. arg_after
  local lines = call("ZRANGEBYLEX", key_ready, from, "(" .. arg_queue .. "!", "LIMIT", 0, STEP)
  for _, line in ipairs(lines) do drop(line, key_ready) end
  after = #lines == STEP and lines[STEP] or "@0"
elseif call("HEXISTS", key_count, "d" .. arg_queue) == 1 then
  local lines = call("ZRANGE", key_eta, skipped, skipped + STEP - 1)
  local stay = tonumber(skipped)
  for _, line in ipairs(lines) do
    if not drop(line, key_eta) then stay = stay + 1 end
  end
  after = #lines == STEP and "@" .. stay or ""
end
release_holds()
save_estates()
finish()
return { dropped, int(bound), after }
