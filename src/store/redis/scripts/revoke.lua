-- Revokes: what waits is dropped, what is leased is marked, unknown ids are remembered.
--
-- ARGV
--   now        ms, "" for the server's TIME
--   channels   prefix of all channels
--   keep       ms an unknown id is remembered
--   topic      of the channel: "revoke" when workers are to stop, "cancel" when they are not to begin
--   payload    for that topic
--   rest...    ids
-- Returns: what it has dropped: id, queue, task and reason of each, one after another
-- Flags: allow-oom
-- Uses: clock, version, records, numbers, history, later, rate, graph-records, results, permits, lanes, unique, messages, waiters, ledger, entries, send, ends, runs, todo, parts, graph, graph-portions, graph-open, release
local keep_until = now + tonumber(arg_keep)

local function revoke(id)
  local entry = call("HGET", key_bufferedid, id)
  local buffered = entry and buffered_run_of(entry)
  if buffered and buffered.id == id then return drop_buffered_run(buffered, "revoked") end
  local m = load_message(id)
  if not m then
    if keep_until > math.max(now, tonumber(call("ZSCORE", key_rev, id) or 0)) then
      call("ZADD", key_rev, int(keep_until), id)
    end
  elseif m.state == STATE_LEASED then
    m.revoked = math.max(m.revoked, arg_topic == "revoke" and 2 or 1)
    save(m)
  elseif m.state ~= STATE_DEAD then
    drop_waiting(m, end_of(m) or "revoked", arg_topic == "revoke")
  end
end

for index = rest, #ARGV do
  revoke(ARGV[index])
  flush()
end
follow_up()
leave_graph_changes()
save_entry_states()
finish()
call("PUBLISH", arg_channels .. "ch:" .. arg_topic, arg_payload)
return dropped or {}
