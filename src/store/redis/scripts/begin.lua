-- Writes the version of these scripts where there is nothing yet, so that no other version begins here.
--
-- Returns: the version that is written now, "" for none
-- Flags: allow-oom
-- Uses: clock, version
if call("EXISTS", key_meta, key_seq, key_epoch, key_fence) == 0 then begin_store() end
return call("HGET", key_meta, "version") or ""
