-- What most calls are: the ends of runs that need no other try, and a claim from one queue of messages that were never
-- delivered before, in a store where nothing waits for either. Others may hold locks and wait for them, or be parts of graphs, however
-- many: these messages have no lock and are no part. All is read and judged before the first write; at anything out of the ordinary the whole
-- script does the work instead, to the same effect.
do
  local MOST_TAKEN = 400
  local settlements, max = #settled / 4, tonumber(arg_max)
  local claims, queue = arg_lease ~= "", ARGV[rest]
  local straight = settlements <= 1000 and max <= 1000 and #ARGV <= rest and not (claims and not queue)
    and call("EXISTS", key_rev, key_buffered, key_bufferedwake) == 0
  -- Most stores have none of these, and one look tells.
  local present = straight and call("EXISTS", key_tasklock, key_lockwake, key_blocked, key_part, key_todo) or 0
  local of_graphs = present > 0 and call("EXISTS", key_part, key_todo) or 0
  local locks, has_parts = present > of_graphs, of_graphs > 0
  if has_parts then straight = call("EXISTS", key_todo) == 0 end

  local function first_of(key)
    return tonumber(call("ZRANGE", key, 0, 0, "WITHSCORES")[2]) or math.huge
  end

  local function any_in(key, ids)
    for _, found in ipairs(call("HMGET", key, unpack(ids))) do
      if found then return true end
    end
    return false
  end

  -- Whether any of the messages has a lock, or is a part of a graph.
  local function any_tied(ids)
    return locks and any_in(key_tasklock, ids) or has_parts and any_in(key_part, ids)
  end

  local ids, positions, taken, skip = {}, {}, {}, #(queue or "") + 18
  for index = 1, straight and settlements or 0 do ids[index] = settled[index * 4 - 3] end
  if #ids > 0 then straight = not any_tied(ids) end
  if straight and claims then
    positions = call("ZRANGEBYLEX", key_ready, "[" .. queue .. " ", "(" .. queue .. "!", "LIMIT", 0, math.min(max, MOST_TAKEN))
    for index, position in ipairs(positions) do taken[index] = string.sub(position, skip) end
    if #positions > 0 then straight = not any_tied(taken) end
  end

  local first_due = math.huge
  if straight and claims then
    first_due = first_of(key_scheduled)
    if locks then first_due = math.min(first_due, first_of(key_lockwake), first_of(key_blocked)) end
    straight = first_due > now and first_of(key_leased) > now
  end

  local outcomes, ended, ended_positions, size = {}, {}, {}, 0
  local runs, results, kept, marked = {}, {}, 0, {}
  if straight and settlements > 0 then
    local states = call("HMGET", key_state, unpack(ids))
    local seen, verb, ttl, head, is_final = {}, nil, nil, nil, nil
    for index = 1, settlements do
      local id, at, state = ids[index], index * 4, states[index]
      local start = STATE_LEASED .. " " .. settled[at - 2] .. " "
      if seen[id] or not state or string.sub(state, 1, #start) ~= start then
        outcomes[index] = SETTLED_LOST
      else
        local position, name, sent_at, entry = match(state, LEASED, #start + 1)
        local result = settled[at]
        if settled[at - 1] ~= verb then
          verb = settled[at - 1]
          local final
          final, ttl = match(verb, "^" .. VERB_DONE .. " ([01]) (%d+) $")
          ttl = tonumber(ttl)
          head = ttl and result_head(int(now + ttl), final)
          is_final = final == "1"
        end
        queue = queue or name
        -- A task that ends without a result may leave a mark in place of it.
        local is_mark = result == MARK
        local is_end = result == "" and match(verb, "^" .. VERB_DONE .. " %S+ %S+ $")
          or result ~= "" and ttl and ttl > 0 and (is_final or is_mark)
        if not position or name ~= queue or not is_end then
          straight = false
          break
        end
        seen[id] = true
        outcomes[index] = SETTLED_SETTLED
        size = size + 1
        ended[size] = id
        ended_positions[size] = position .. " " .. id
        if entry ~= "+" then runs[#runs + 1] = run_text(entry, format("%014.0f", tonumber(sent_at)), id) end
        if result ~= "" then
          local record = head .. result
          results[kept * 2 + 1] = id
          results[kept * 2 + 2] = record
          kept = kept + 1
          if is_mark then marked[#marked + 1] = id end
        end
      end
    end
  end

  -- An earlier record would go before a mark.
  if straight and #marked > 0 then
    for _, record in ipairs(call("HMGET", key_res, unpack(marked))) do
      if record then straight = false end
    end
  end

  local states, leases, reply, given = {}, {}, {}, #positions
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
      states[index * 2 - 1] = id
      states[index * 2] = first_state(arg_nonce, index, beginning)
      leases[index * 2 - 1] = lease_end
      leases[index * 2] = positions[index]
      reply[index * 3 - 2] = id
      reply[index * 3 - 1] = record
      reply[index * 3] = ""
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
      call("ZREM", key_leased, unpack(ended_positions))
      call("HDEL", key_msg, unpack(ended))
      call("HDEL", key_state, unpack(ended))
      if #runs > 0 then call("ZREM", key_runs, unpack(runs)) end
    end
    if given > 0 then
      call("ZREM", key_ready, unpack(positions))
      call("HSET", key_state, unpack(states))
      call("ZADD", key_leased, unpack(leases))
    end
    if given ~= size and call("HINCRBY", key_count, STATE_LEASED .. queue, given - size) == 0 then
      call("HDEL", key_count, STATE_LEASED .. queue)
    end
    local wake_at = ""
    if claims then
      local at = is_cut and now or math.min(first_of(key_leased), first_due)
      if at < math.huge then wake_at = int(at) end
    end
    return { table.concat(outcomes), now_text, wake_at, deliveries_text(reply) }
  end
end
