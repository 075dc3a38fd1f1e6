-- Reads headers of packs, oldest first.
--
-- ARGV
--   above     the number above which to begin; "" for the oldest
-- Returns: { numbers of the first and the last pack, "" for none; per pack: number, header }
-- Flags: no-writes
local call, match = redis.call, string.match
local function number_of(message) return message and match(message[1], "^%d+") or "" end
local found = { number_of(call("XRANGE", key_packs, "-", "+", "COUNT", 1)[1]), number_of(call("XREVRANGE", key_packs, "+", "-", "COUNT", 1)[1]) }
for _, message in ipairs(call("XRANGE", key_packs, arg_above == "" and "-" or "(" .. arg_above .. "-0", "+", "COUNT", 100)) do
  found[#found + 1] = number_of(message)
  found[#found + 1] = message[2][2]
end
return found
