-- Reads results, the first ones of those that were asked for: as many as one call may give.
--
-- ARGV
--   now       ms, "" for the server's TIME
--   rest...   ids
-- Returns: { now; per id that was looked at two texts: the kept record when it is final, else a code of `told`: of a
--   message that waits, that a worker has, that has expired or was revoked where it waits, or of a mark; "" for nothing known.
--   Over all but expired and revoked a kept record goes; and when a message that waits expires, "" never }
-- Flags: no-writes
-- Uses: clock, version, records, graph-records, results, ends
local ids = {}
for index = rest, #ARGV do ids[#ids + 1] = ARGV[index] end
local records = {}
local fits = read_values(key_res, ids, records, 0)
local reply = { now_text }
for index = 1, fits do
  local id, record = ids[index], records[index]
  local answer, expires = record, ""
  if not is_final(record) then
    local state, at = state_of(id)
    answer = state == TOLD_DEAD and "" or state
    if is_kept(record) and answer ~= TOLD_EXPIRED and answer ~= TOLD_REVOKED then
      if not is_mark(record) then
        answer = record
      elseif answer == "" then
        answer = TOLD_MARK
      end
    end
    if at ~= "+" then expires = at end
  end
  reply[#reply + 1] = answer
  reply[#reply + 1] = expires
end
return reply
