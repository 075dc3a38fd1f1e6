-- Reads what is packed.
--
-- ARGV
--   rest...   numbers of packs
-- Returns: { per pack: its body, "" for none }
-- Flags: no-writes
local call = redis.call
local found = {}
for index = rest, #ARGV do found[#found + 1] = call("HGET", key_packbody, ARGV[index]) or "" end
return found
