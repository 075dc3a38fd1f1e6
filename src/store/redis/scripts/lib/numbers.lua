-- The ages of messages, the order of the dead and the stamps of entries come from one counter: they only need to grow.

local function next_number()
  return call("INCR", key_seq)
end
