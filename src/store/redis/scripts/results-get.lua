-- Reads results, the first ones of those that were asked for: as many as one call may give.
--
-- KEYS
--   msg       hash   id -> record as sent
--   state     hash   id -> what has changed since
--   res       hash   id -> result
--   holdid    hash   id of a held run -> entry
-- ARGV
--   now       ms, "" for the server's TIME
--   rest...   ids
-- Returns: { now; per id that was looked at: the kept record, or P for a message that waits, R for one that is held, "" for nothing known }
-- Flags: no-writes
-- Uses: clock
local ids = {}
for index = rest, #ARGV do ids[#ids + 1] = ARGV[index] end
local records = {}
local fits = read_values(key_res, ids, records, 0)
local reply = { now_text }
for index = 1, fits do
  local id, record = ids[index], records[index]
  local till = record and tonumber(match(record, "^(%S+) "))
  if till and till > now then
    reply[#reply + 1] = record
  else
    local place = match(call("HGET", key_state, id) or "", "^%a")
    if not place then
      local waits = call("HEXISTS", key_msg, id) == 1 or call("HEXISTS", key_holdid, id) == 1
      place = waits and "w" or ""
    end
    reply[#reply + 1] = (place == "w" or place == "p") and "P" or place == "h" and "R" or ""
  end
end
return reply
