-- The ages of messages, the order of the dead and the etags of entries come from one counter: they only need to grow.

local number, reserved = 0, 0

-- The next `many` numbers at the price of one call.
local function reserve_numbers(many)
  if many == 0 then return end
  reserved = call("INCRBY", key_seq, many)
  number = reserved - many
  if number == 0 then begin_store() end
end

local function next_number()
  if number == reserved then reserve_numbers(1) end
  number = number + 1
  return number
end
