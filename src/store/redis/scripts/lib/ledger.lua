-- The ledger: members of one sorted set, all of score 0, so in order of entry and due:
-- "<entry> <due> <fate> <at - due> <reason> <term> <tail>". Fate S (sent; tail: task id), K (skipped; tail: a number that
-- tells triggered ones apart, or nothing), R (range from due on; tail: "<to> <count> <schedule>").

local function add_record(entry, due, fate, reason, term, tail)
  write_later("ZADD", key_log, 0, entry .. " " .. format("%016.0f", due) .. " " .. fate .. " " .. int(now - due) .. " "
    .. reason .. " " .. term .. " " .. tail)
end
