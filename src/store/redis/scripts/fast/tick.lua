-- What most ticks are: of every entry one occurrence that may overlap, without lock or delay, in a store without
-- buffered runs. All is read and judged before the first write; when one item is out of the ordinary the whole script
-- does the work instead, to the same effect. The term is checked here for both.
do
  local term, ends_at = unpack(call("HMGET", key_beat, "term", "until"))
  if term ~= arg_term or not ends_at or tonumber(ends_at) <= now then return { now_text, TICK_FENCED } end

  local first = rest + tonumber(arg_templates)
  local size = (#ARGV - first + 1) / 5
  local straight = size > 0 and size <= 1000 and size % 1 == 0
  local has_fair = call("EXISTS", key_bufferedid, key_fair) > 0
  if has_fair then straight = straight and call("EXISTS", key_bufferedid) == 0 end
  local templates = {}
  for index = rest, first - 1 do
    local queue, priority, max, ttl, task, expires =
      match(ARGV[index], "^(%S+) (%d) (%d+) (%S+) %S+ (%S+) %+ (%S+) %+$")
    if queue and expires ~= "+" then
      local sign, ms = match(expires, "^([@~])(%d+)$")
      local ends = sign and tonumber(ms) + (sign == "~" and now or 0) or now
      if ends <= now then queue = nil end
      expires = int(ends)
    end
    if not queue or has_fair and call("HEXISTS", key_fair, queue) == 1 then
      straight = false
      break
    end
    templates[index - rest + 1] = {
      queue = queue, rank = (9 - priority) .. "%014.0f", head = record_head("+", max),
      tail = record_tail(expires, ttl, task),
    }
  end

  if straight then
    local names, ids, seen = {}, {}, {}
    for index = 1, size do
      local at = first + (index - 1) * 5
      names[index], ids[index] = ARGV[at], ARGV[at + 3]
      if seen[names[index]] then straight = false end
      seen[names[index]] = true
    end
    local states = call("HMGET", key_entrystate, unpack(names))
    local messages, results = call("HMGET", key_msg, unpack(ids)), call("HMGET", key_res, unpack(ids))
    local sent, records, positions, runs, sends = {}, {}, {}, {}, 0
    local rows, entry_states, dues, undue, reply, queues = {}, {}, {}, {}, { now_text }, {}
    local taken, sent_at = 0, format("%014.0f", now)
    for index = 1, size do
      local at, entry, id = first + (index - 1) * 5, names[index], ids[index]
      local expected, revision, next_due, dispatch, disable, basis =
        match(ARGV[at + 1], "^((%S+) %-?%d+) (%S+) (%S+) (%S+) %+ (%S+) 1$")
      local due_text, number = match(ARGV[at + 2], "^" .. FATE_SENT .. " (%d+) " .. POLICY_ALLOW .. " %S+ %S+ (%d+)$")
      local stored, last, count = match(states[index] or "", ACTIVE_ENTRY)
      local due = tonumber(due_text)
      if not straight or not due or not stored or stored ~= expected or due > now then
        straight = false
        break
      end
      local result = results[index]
      if not (messages[index] or sent[id] or (result and is_kept(result))) then
        local template = templates[tonumber(number)]
        taken = taken + 1
        -- How far from the first number of this call: the numbers are reserved when all is judged.
        records[sends * 2 + 1] = id
        records[sends * 2 + 2] = { template, taken, template.head .. entry .. template.tail .. ARGV[at + 4] }
        runs[sends * 2 + 1] = 0
        runs[sends * 2 + 2] = run_text(entry, sent_at, id)
        sends = sends + 1
        sent[id] = true
        queues[template.queue] = true
      end
      rows[index * 2 - 1] = 0
      rows[index * 2] = ledger_text(entry, due, due_text, FATE_SENT, "+", arg_term, id)
      if due > (tonumber(last) or -math.huge) then last = due_text end
      taken = taken + 1
      entry_states[index * 2 - 1] = entry
      entry_states[index * 2] = {
        taken, entry_state_rest(revision, next_due, dispatch, "+", disable, disable == "+" and basis or now_text, last,
          tonumber(count) + 1),
      }
      if disable == "+" and dispatch ~= "+" then
        dues[#dues + 1] = dispatch
        dues[#dues + 1] = entry
      else
        undue[#undue + 1] = entry
      end
      reply[index + 1] = "=" .. OCCURRENCE_SENT
    end

    if straight then
      local number = call("INCRBY", key_seq, size * 2) - size * 2
      if number == 0 then begin_store() end
      for index = 1, sends do
        local template, offset, rest_of = unpack(records[index * 2])
        local position = template.queue .. " " .. format(template.rank, number + offset)
        records[index * 2] = position .. rest_of
        positions[index * 2 - 1] = 0
        positions[index * 2] = position .. " " .. records[index * 2 - 1]
      end
      for index = 1, size do
        local offset, rest_of = unpack(entry_states[index * 2])
        entry_states[index * 2] = int(number + offset) .. rest_of
      end
      if sends > 0 then
        call("HSET", key_msg, unpack(records))
        call("ZADD", key_ready, unpack(positions))
        call("ZADD", key_runs, unpack(runs))
      end
      call("ZADD", key_ledger, unpack(rows))
      call("HSET", key_entrystate, unpack(entry_states))
      if #dues > 0 then call("ZADD", key_due, unpack(dues)) end
      if #undue > 0 then call("ZREM", key_due, unpack(undue)) end
      for queue in pairs(queues) do call("PUBLISH", arg_channels .. "wake:" .. queue, "") end
      return reply
    end
  end
end
