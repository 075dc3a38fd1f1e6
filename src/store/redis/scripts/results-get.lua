-- Reads results.
--
-- KEYS
--   msg       hash   id -> record as sent
--   state     hash   id -> what has changed since
--   res       hash   id -> result
--   hold      hash   entry -> the run it holds
--   holdid    hash   id of a held run -> entry
-- ARGV
--   now       ms, "" for the server's TIME
--   rest...   ids
-- Returns: { now; per id two texts: the kept record when it is final, else P for a message that waits, R for one that is
--   held, E and V for one that has expired or was revoked where it waits, M for a mark, "" for nothing known, over P, R and
--   "" a kept record goes; and when a message that waits expires, "" never }
-- Flags: no-writes
-- Uses: clock, results, ends
local ids = {}
for index = rest, #ARGV do ids[#ids + 1] = ARGV[index] end
local records = fields(key_res, ids)
local reply = { now_text }
local LETTERS = { w = "P", h = "R", e = "E", r = "V", d = "", [""] = "" }
for _, id in ipairs(ids) do
  local record = records[id]
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
