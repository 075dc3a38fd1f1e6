-- Writes entries over the etags that were read. Each is judged alone.
--
-- KEYS
--   seq       string last number given to a message, an entry or a dead letter
--   count     hash   kind and queue -> number of messages
--   hold      hash   entry -> the run it holds
--   log       zset   ledger records, in order of entry and due
--   entry     hash   name -> definition record
--   estate    hash   name -> what changes of an entry
--   due       zset   name -> when it is due next (ms)
--   names     zset   names of entries, in order
-- ARGV
--   now       ms, "" for the server's TIME
--   channels  prefix of all channels
--   rest...   per entry: name (escaped), "<expected etag, + for none> <revision> <due> <dispatch> <paused>
--             <disabled> <number of ranges>" (+ for null), definition record, then per range: "<from, sixteen digits> <to>
--             <count> <reason>",
--             schedule
-- Returns: one text with a letter per entry: s stored, c conflict
-- Uses: clock, numbers, later, ledger, estates
local outcomes, at = {}, rest
while at <= #ARGV do
  local name, definition = ARGV[at], ARGV[at + 2]
  local expect, revision, due, dispatch, paused, disabled, ranges =
    match(ARGV[at + 1], "^(%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (%d+)$")
  if not expect then error("sunbeat: not an entry: " .. ARGV[at + 1]) end
  at = at + 3
  local first_range = at
  at = at + ranges * 2
  local estate = estate_of(name)
  if (estate and estate.etag or "+") ~= expect then
    outcomes[#outcomes + 1] = "c"
  else
    if not estate then
      estate = {
        name = name, due = "+", dispatch = "+", paused = "+", disabled = "+", disabled_at = "+", last = "+", runs = 0,
      }
      estates[name] = estate
    end
    -- Its maxRuns may be another than the one under which a run of it is buffered (lib/runs.lua): the next tick knows.
    local hold = estate.revision and estate.revision ~= revision and call("HGET", key_hold, name)
    if hold then call("HSET", key_hold, name, (string.gsub(hold, "^(%d+ %S+ %S+ %S+ %d )%S+", "%1+"))) end
    estate.revision = revision
    set_standing(estate, due, dispatch, paused, disabled)
    touch(estate)
    write_later("HSET", key_entry, name, definition)
    write_later("ZADD", key_names, 0, name)
    for index = first_range, at - 1, 2 do
      local from, to, missed, reason = match(ARGV[index], "^(%d+) (%S+) (%S+) (%S+)$")
      add_record(name, tonumber(from), from, "R", reason, "+", to .. " " .. missed .. " " .. ARGV[index + 1])
    end
    call("PUBLISH", arg_channels .. "ch:entries", "%" .. name)
    outcomes[#outcomes + 1] = "s"
  end
end
save_estates()
finish()
return table.concat(outcomes)
