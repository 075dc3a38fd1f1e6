-- Deletes an entry and its buffered run; its ledger stays.
--
-- ARGV
--   now       ms, "" for the server's TIME
--   channels  prefix of all channels
--   name      escaped
--   expect    the etag that was read
-- Returns: a code of `removal`
-- Flags: allow-oom
-- Uses: clock, version, records, numbers, history, later, rate, graph-records, results, permits, lanes, unique, messages, waiters, ledger, entries, send, ends, runs, todo, parts, graph, graph-portions, graph-open, release
local entry_state = entry_state_of(arg_name)
if not entry_state then return REMOVAL_GONE end
if entry_state.etag ~= arg_expect then return REMOVAL_CONFLICT end
local buffered = buffered_run_of(arg_name)
if buffered then drop_buffered_run(buffered, "removed") end
call("HDEL", key_entry, arg_name)
call("HDEL", key_entrystate, arg_name)
call("HDEL", key_entrysuccess, arg_name)
call("HDEL", key_entryprevious, arg_name)
call("ZREM", key_due, arg_name)
call("ZREM", key_names, arg_name)
finish()
call("PUBLISH", arg_channels .. "ch:entries", "%" .. arg_name)
return REMOVAL_REMOVED
