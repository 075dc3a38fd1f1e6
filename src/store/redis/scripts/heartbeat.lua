-- Extends leases.
--
-- ARGV
--   now       ms, "" for the server's TIME
--   channels  prefix of all channels
--   lease     ms from now
--   rest...   per delivery: id, token
-- Returns: one text with a code of `heartbeat` per delivery; also one to be stopped, one without the permit of its lock, and one not
--   to begin, is extended
-- Flags: allow-oom
-- Uses: clock, version, records, numbers, history, later, rate, graph-records, results, permits, lanes, unique, messages
local ids = {}
for index = rest, #ARGV, 2 do ids[#ids + 1] = ARGV[index] end
local states = fields(key_state, ids)
local outcomes = {}
remember_task_requests(ids)
local lease_end = now + tonumber(arg_lease)
for index, id in ipairs(ids) do
  local m = read_message(id, nil, states[id])
  if not m or m.state ~= STATE_LEASED or m.token ~= ARGV[rest + index * 2 - 1] then
    outcomes[index] = HEARTBEAT_LOST
  else
    write_later("ZADD", key_leased, int(lease_end), position_of(m))
    local request = task_request(id)
    local has_permit = request and request.status == REQUEST_HOLDING
    if has_permit then
      permits().set_end(request, lease_end)
      permits().save_request(request)
    end
    outcomes[index] = m.revoked == 2 and HEARTBEAT_REVOKED or request and not has_permit and HEARTBEAT_UNLOCKED
      or m.revoked == 1 and HEARTBEAT_CANCELLED or HEARTBEAT_EXTENDED
  end
end
flush()
return table.concat(outcomes)
