-- The deliveries of a claim as they are given: one text costs a client a third of a list. A line each for id, record and what has
-- changed; where one of them has a line feed in it, which no body of ours has, a list.

local function deliveries_text(parts)
  for index = 1, #parts, 3 do
    if string.find(parts[index + 1], "\n", 1, true) or string.find(parts[index], "\n", 1, true) then return parts end
  end
  return table.concat(parts, "\n")
end
