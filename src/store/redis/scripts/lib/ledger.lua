-- The ledger: members of one sorted set, all of score 0, so in order of entry and due.

-- `due_text` has sixteen digits, so that the order of text is that of time.
local function add_record(entry, due, due_text, fate, reason, term, tail)
  write_later("ZADD", key_ledger, 0, ledger_text(entry, due, due_text, fate, reason, term, tail))
end
