-- Queues that take so many messages and no more, of those that are sent.

-- Queue -> how many wait there, those that this script has sent among them.
local lengths = {}

-- Whether a queue holds as many as its bound. It was not written to in this script before it is first asked of.
local function is_full(queue, most)
  if not lengths[queue] then
    local others = call("HMGET", key_count, STATE_SCHEDULED .. queue, STATE_BLOCKED .. queue)
    lengths[queue] = call("ZLEXCOUNT", key_ready, "[" .. queue .. " ", "(" .. queue .. "!")
      + tonumber(others[1] or 0) + tonumber(others[2] or 0)
  end
  return lengths[queue] >= most
end
