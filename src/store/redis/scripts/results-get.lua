-- Reads results, the first ones of those that were asked for: as many as one call may give.
--
-- KEYS
--   msg       hash   id -> record as sent
--   state     hash   id -> what has changed since
--   res       hash   id -> result
--   hold      hash   entry -> the run it holds
--   holdid    hash   id of a buffered run -> entry
-- ARGV
--   now       ms, "" for the server's TIME
--   rest...   ids
-- Returns: { now; per id that was looked at two texts: the kept record when it is final, else P for a message that waits, R
--   for one that is held, E and V for one that has expired or was revoked where it waits, M for a mark, "" for nothing
--   known, over P, R and "" a kept record goes; and when a message that waits expires, "" never }
-- Flags: no-writes
-- Uses: clock, results, ends
local ids = {}
for index = rest, #ARGV do ids[#ids + 1] = ARGV[index] end
local records = {}
local fits = read_values(key_res, ids, records, 0)
local reply = { now_text }
local LETTERS = { w = "P", h = "R", e = "E", r = "V", d = "", [""] = "" }
for index = 1, fits do
  local id, record = ids[index], records[index]
  local answer, expires = record, ""
  if not is_final(record) then
    local standing, at = standing_of(id)
    answer = LETTERS[standing]
    if is_kept(record) and answer ~= "E" and answer ~= "V" then
      if not is_mark(record) then
        answer = record
      elseif answer == "" then
        answer = "M"
      end
    end
    if at ~= "+" then expires = at end
  end
  reply[#reply + 1] = answer
  reply[#reply + 1] = expires
end
return reply
