-- What can be said of the store at once: the clock, whether a beat leads, who waits for locks, and the memory that the server counts
-- towards its limit, where it tells it.
--
-- ARGV
--   now       ms, "" for the server's TIME
-- Returns: { now; 1 when a beat leads, else 0; waiters; bytes, "" where they are not told }
-- Flags: no-writes
-- Uses: clock
local lead_ends = tonumber(call("HGET", key_beat, "until") or "")
-- A user may lack the right.
local section = "memory"
local info = redis.pcall("INFO", section)
local used = type(info) == "string" and match(info, "used_memory:(%d+)")
-- Buffers for replicas and the append-only file.
local uncounted = used and match(info, "mem_not_counted_for_evict:(%d+)") or 0
return { now_text, lead_ends and lead_ends > now and 1 or 0, call("ZCARD", key_waiters), used and int(used - uncounted) or "" }
