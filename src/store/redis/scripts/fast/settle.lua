-- What most calls are: the ends of runs that need no other try, and a claim from one queue of messages that were never
-- delivered before, in a store where nothing waits for either. Others may hold locks and wait for them, however many: these messages
-- have no lock. Parts of graphs are as most of them are (lib/members.lua). All is read and judged before the first write, but for parts
-- that wait for nothing, which begin; at anything out of the ordinary the whole script does the work instead, to the same effect.
do
  local MOST_TAKEN, MOST_BEGUN = 400, 150
  local settlements, max = #settled / 4, tonumber(arg_max)
  local claims, queue = arg_lease ~= "", ARGV[rest]
  local straight = settlements <= 1000 and max <= 1000 and #ARGV <= rest and not (claims and not queue)
    and call("EXISTS", key_rev, key_buffered, key_bufferedwake, key_limits, key_rate, key_ratemsg, key_ratein) == 0
  -- Most stores have none of these, and one look tells.
  local present = straight
    and call("EXISTS", key_tasklock, key_lockwake, key_blocked, key_part, key_todo, key_uniqof, key_fair, key_qconf) or 0
  local of_graphs = present > 0 and call("EXISTS", key_part, key_todo) or 0
  local of_keys = present > of_graphs and call("EXISTS", key_uniqof) or 0
  local of_queues = present > of_graphs + of_keys and call("EXISTS", key_fair, key_qconf) or 0
  local locks, has_parts = present > of_graphs + of_keys + of_queues, of_graphs > 0
  -- Whether parts are left that wait for nothing. In a fair queue they get turns.
  local has_starters = false
  if has_parts and call("EXISTS", key_todo) == 1 then
    straight = of_queues == 0
    if straight then straight, has_starters = begin_starters(MOST_BEGUN, locks) end
  end

  local members = has_parts and graph_members()

  -- Below the turns of the queue where it is fair; those that were taken before, and that this takes, by the first digit of the rank.
  local fair, turns = nil, {}
  if of_queues > 0 and straight and claims then
    straight = call("HEXISTS", key_qconf, queue) == 0
    fair = tonumber(call("HGET", key_fair, queue) or "")
  end

  local function first_of(key)
    return tonumber(call("ZRANGE", key, 0, 0, "WITHSCORES")[2]) or math.huge
  end

  local function any_in(key, ids)
    for _, found in ipairs(call("HMGET", key, unpack(ids))) do
      if found then return true end
    end
    return false
  end

  -- Whether any of the messages has a lock or a unique key.
  local function any_tied(ids)
    return locks and any_in(key_tasklock, ids) or of_keys > 0 and any_in(key_uniqof, ids)
  end

  local ids, positions, taken, skip = {}, {}, {}, #(queue or "") + 18
  for index = 1, straight and settlements or 0 do ids[index] = settled[index * 4 - 3] end
  -- Records of those that are parts.
  local parts_ended, parts_taken = {}, {}
  if #ids > 0 then
    straight = not any_tied(ids)
    if has_parts then parts_ended = call("HMGET", key_part, unpack(ids)) end
  end
  if straight and claims then
    positions = call("ZRANGEBYLEX", key_ready, "[" .. queue .. " ", "(" .. queue .. "!", "LIMIT", 0, math.min(max, MOST_TAKEN))
    for index, position in ipairs(positions) do taken[index] = string.sub(position, skip) end
    if #positions > 0 then
      straight = not any_tied(taken)
      if has_parts then parts_taken = call("HMGET", key_part, unpack(taken)) end
    end
  end

  local first_due = math.huge
  if straight and claims then
    first_due = first_of(key_scheduled)
    if locks then first_due = math.min(first_due, first_of(key_lockwake), first_of(key_blocked)) end
    straight = first_due > now and first_of(key_leased) > now
  end

  local outcomes, ended, ended_positions, size = {}, {}, {}, 0
  local runs, results, kept, marked, failed_now, successes = {}, {}, 0, {}, {}, {}
  -- What becomes of parts by their records, how many have ended by graph and list, and what is to be written.
  local ends_of_parts, ended_by_graph, parts_now = {}, {}, {}
  if straight and settlements > 0 then
    local states = call("HMGET", key_state, unpack(ids))
    local seen, verb, ttl, head, says_final, keep = {}, nil, nil, nil, nil, nil
    for index = 1, settlements do
      local id, at, state = ids[index], index * 4, states[index]
      local start = STATE_LEASED .. " " .. settled[at - 2] .. " "
      if seen[id] or not state or string.sub(state, 1, #start) ~= start then
        outcomes[index] = SETTLED_LOST
      else
        local position, name, sent, entry = match(state, LEASED, #start + 1)
        local result, beginning = settled[at], nil
        if settled[at - 1] ~= verb then
          verb = settled[at - 1]
          local final
          final, ttl, keep = match(verb, "^[" .. VERB_DONE .. VERB_SUCCEEDED .. "] ([01]) (%d+) k?e?e?p?(%d*)$")
          keep = keep ~= "" and tonumber(keep)
          ttl = tonumber(ttl)
          head = ttl and result_head(int(now + ttl), final)
          says_final = final == "1"
          ends_of_parts = {}
        end
        queue = queue or name
        local part = parts_ended[index]
        if part then
          local its_end, graph = ends_of_parts[part], members.graph_named(id)
          if its_end == nil then
            its_end = ttl and members.member_end(part, ttl) or false
            ends_of_parts[part] = its_end
          end
          if result == "" or result == MARK then result = "SUCCESS + + +" end
          if not its_end or not graph or not match(result, "^SUCCESS ") then
            straight = false
            break
          end
          local lists = ended_by_graph[graph] or {}
          ended_by_graph[graph] = lists
          lists[its_end[3]] = (lists[its_end[3]] or 0) + 1
          parts_now[#parts_now + 1] = id
          parts_now[#parts_now + 1] = its_end[1]
          beginning = its_end[2]
        end
        -- A task that ends without a result may leave a mark in place of it.
        local is_marked = result == MARK
        local is_end = beginning or result == "" and match(verb, "^[" .. VERB_DONE .. VERB_SUCCEEDED .. "] %S+ %S+ $")
          or result ~= "" and ttl and ttl > 0 and (says_final or is_marked)
        if not position or name ~= queue or not is_end then
          straight = false
          break
        end
        seen[id] = true
        outcomes[index] = SETTLED_SETTLED
        size = size + 1
        ended[size] = id
        if keep and not part then failed_now[#failed_now + 1], failed_now[#failed_now + 2] = id, keep end
        ended_positions[size] = position .. " " .. id
        if entry ~= "+" then
          runs[#runs + 1] = run_text(entry, format("%014.0f", tonumber(sent)), id)
          successes[entry] = successes[entry] or string.sub(verb, 1, 1) == VERB_SUCCEEDED
        end
        if result ~= "" then
          local record = (beginning or head) .. result
          results[kept * 2 + 1] = id
          results[kept * 2 + 2] = record
          kept = kept + 1
          if is_marked then marked[#marked + 1] = id end
        end
      end
    end
  end

  local graphs_now, edges_now = {}, {}
  if straight and #parts_now > 0 then
    graphs_now, edges_now = members.follow_members(ended_by_graph)
    straight = graphs_now ~= nil
  end

  -- An earlier record would go before a mark.
  if straight and #marked > 0 then
    for _, record in ipairs(call("HMGET", key_res, unpack(marked))) do
      if record then straight = false end
    end
  end

  local states, leases, reply, given, part_numbers, running = {}, {}, {}, #positions, {}, {}
  -- Whether more may be there than one call gives.
  local is_cut = given == MOST_TAKEN and given < max
  if straight and given > 0 then
    local records, changes = {}, call("HMGET", key_state, unpack(taken))
    local fits = read_values(key_msg, taken, records, 0)
    is_cut = is_cut or fits < given
    for index = given, fits + 1, -1 do positions[index] = nil end
    given = fits
    local lease_end = int(now + tonumber(arg_lease))
    for index = 1, given do
      local id, record = taken[index], records[index]
      local beginning, expires = match(record or "", BEGINNING)
      if not beginning or changes[index] or (expires ~= "+" and (tonumber(expires) or 0) <= now) then
        straight = false
        break
      end
      local part = parts_taken[index]
      if part then
        -- In a graph that was revoked no part begins.
        local graph = match(part, "^" .. PART_WAITING .. " %+ %+ %S+ %S+ [+-] ") and members.graph_named(id)
        if graph and not running[graph] then running[graph] = match(call("HGET", key_graph, graph) or "", "^" .. GRAPH_RUNNING .. " ") end
        if not graph or not running[graph] then
          straight = false
          break
        end
        part_numbers[#part_numbers + 1] = index
      end
      states[index * 2 - 1] = id
      states[index * 2] = first_state(arg_nonce, index, beginning)
      leases[index * 2 - 1] = lease_end
      leases[index * 2] = positions[index]
      reply[index * 3 - 2] = id
      reply[index * 3 - 1] = record
      reply[index * 3] = ""
    end
  end

  if straight and fair then
    for index = 1, given do
      local digit, turn = match(positions[index], "^%S+ (%d)(%d+)")
      local field = queue .. " " .. digit
      turns[field] = turns[field] or tonumber(call("HGET", key_fair, field) or "") or fair
      turns[field] = math.max(turns[field], tonumber(turn))
    end
  end

  if straight then
    if kept > 0 then
      call("HSET", key_res, unpack(results))
      for index = 1, kept do
        local record = results[index * 2]
        if #marked == 0 or match(record, "^%S+ %S+ 1 ") then
          call("PUBLISH", arg_channels .. "done:" .. results[index * 2 - 1], #record < 65536 and record or "")
        end
      end
    end
    if size > 0 then
      if arg_notes ~= "" and size == settlements then
        write_records(arg_notes, tonumber(arg_noted))
      elseif arg_notes ~= "" then
        local is_settled = {}
        for index, outcome in ipairs(outcomes) do is_settled[index] = outcome == SETTLED_SETTLED end
        write_notes(arg_notes, is_settled)
      end
      for index = 1, #failed_now, 2 do keep_failed(failed_now[index], failed_now[index + 1]) end
      call("ZREM", key_leased, unpack(ended_positions))
      call("HDEL", key_msg, unpack(ended))
      call("HDEL", key_state, unpack(ended))
      if #runs > 0 then call("ZREM", key_runs, unpack(runs)) end
      for entry, has_succeeded in pairs(successes) do
        if has_succeeded then note_success(entry) end
      end
      if of_queues > 0 then call("HDEL", key_msglane, unpack(ended)) end
      if #parts_now > 0 then
        call("HSET", key_part, unpack(parts_now))
        call("HSET", key_graph, unpack(graphs_now))
        if #edges_now > 0 then call("HSET", key_pend, unpack(edges_now)) end
      end
    end
    if given > 0 then
      call("ZREM", key_ready, unpack(positions))
      for field, turn in pairs(turns) do call("HSET", key_fair, field, int(turn)) end
      call("HSET", key_state, unpack(states))
      call("ZADD", key_leased, unpack(leases))
    end
    if given ~= size and call("HINCRBY", key_count, STATE_LEASED .. queue, given - size) == 0 then
      call("HDEL", key_count, STATE_LEASED .. queue)
    end
    local wake_at = ""
    if claims then
      local at = (is_cut or has_starters) and now or math.min(first_of(key_leased), first_due)
      if at < math.huge then wake_at = int(at) end
    end
    local answer = { table.concat(outcomes), now_text, wake_at, deliveries_text(reply) }
    if #part_numbers > 0 then answer[5], answer[6], answer[7], answer[8] = {}, { table.concat(part_numbers, " ") }, {}, {} end
    return answer
  end
end
