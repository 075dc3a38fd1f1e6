-- What a call is to settle, four texts each: id, token, "<verb> <final 0|1> <ms the result is kept> <delay in ms | reason>", and the
-- result from its state on, "" for none, a mark where only the id stays known. One argument costs a client a third of four: a
-- line each, in which a line feed is told by a list in JSON instead.

local settled = {}
if string.sub(arg_settlements, 1, 1) == "[" then
  settled = cjson.decode(arg_settlements)
elseif arg_settlements ~= "" then
  local find, sub, from, size = string.find, string.sub, 1, 1
  local to = find(arg_settlements, "\n", 1, true)
  while to do
    settled[size] = sub(arg_settlements, from, to - 1)
    from, size = to + 1, size + 1
    to = find(arg_settlements, "\n", from, true)
  end
end
