-- Takes tokens for deliveries whose messages do not carry their rates. Each is judged alone, in order.
--
-- ARGV
--   now       ms, "" for the server's TIME
--   channels  prefix of all channels
--   rest...   per delivery: id, token, rate word (lib/records.lua)
-- Returns: one text with a code of `charged` per delivery
-- Flags: allow-oom
-- Uses: clock, version, records, numbers, history, later, rate, graph-records, results, permits, messages, waiters, rate-claim
local outcomes = {}
for index = rest, #ARGV, 3 do
  if not match(ARGV[index + 2], RATE_WORD) then error("sunbeat: not a rate: " .. ARGV[index + 2]) end
end
for index = rest, #ARGV, 3 do
  outcomes[#outcomes + 1] = rate_tolls().charge_delivery(ARGV[index], ARGV[index + 1], ARGV[index + 2])
  pass_on()
end
finish()
return table.concat(outcomes)
