-- The ledger: members of one sorted set, all of score 0, so in order of entry and due:
-- "<entry> <due> <fate> <at - due> <reason> <term> <tail>". Fate S (sent; tail: task id), K (skipped; tail: a number that
-- tells triggered ones apart, or nothing), R (range from due on; tail: "<to> <count> <schedule>").

-- `due_text` has sixteen digits, so that the order of text is that of time.
local function add_record(entry, due, due_text, fate, reason, term, tail)
  write_later("ZADD", key_log, 0, entry .. " " .. due_text .. " " .. fate .. " " .. int(now - due) .. " "
    .. reason .. " " .. term .. " " .. tail)
end
