-- What most calls are: the ends of runs that need no other try, and a claim from one queue of messages that were never
-- delivered before, in a store where nothing waits for either. Others may hold locks and stand in line for them, however
-- many: these messages have none. All is read and judged before the first write; at anything out of the ordinary the whole
-- script does the work instead, to the same effect.
do
  local MOST_TAKEN = 400
  local settlements, max = tonumber(arg_settlements), tonumber(arg_max)
  local base = rest + settlements * 4
  local claims, queue = arg_lease ~= "", ARGV[base]
  local straight = settlements <= 1000 and max <= 1000 and #ARGV <= base and not (claims and not queue)
    and call("EXISTS", key_rev, key_hold, key_holdwake) == 0
  local locks = straight and call("EXISTS", key_tlock, key_lockwake, key_parked) > 0

  local function first_of(key)
    return tonumber(call("ZRANGE", key, 0, 0, "WITHSCORES")[2]) or math.huge
  end

  local function any_locked(ids)
    for _, standing in ipairs(locks and call("HMGET", key_tlock, unpack(ids)) or {}) do
      if standing then return true end
    end
    return false
  end

  local ids, lines, taken, skip = {}, {}, {}, #(queue or "") + 18
  for index = 1, straight and settlements or 0 do ids[index] = ARGV[rest + (index - 1) * 4] end
  if #ids > 0 then straight = not any_locked(ids) end
  if straight and claims then
    lines = call("ZRANGEBYLEX", key_ready, "[" .. queue .. " ", "(" .. queue .. "!", "LIMIT", 0, math.min(max, MOST_TAKEN))
    for index, line in ipairs(lines) do taken[index] = string.sub(line, skip) end
    if #lines > 0 then straight = not any_locked(taken) end
  end

  local first_due = math.huge
  if straight and claims then
    first_due = first_of(key_eta)
    if locks then first_due = math.min(first_due, first_of(key_lockwake), first_of(key_parked)) end
    straight = first_due > now and first_of(key_lease) > now
  end

  local outcomes, ended, ended_lines, size = {}, {}, {}, 0
  local runs, results, kept, marked = {}, {}, 0, {}
  if straight and settlements > 0 then
    local states = call("HMGET", key_state, unpack(ids))
    local seen, verb, ttl, start, is_final = {}, nil, nil, nil, nil
    for index = 1, settlements do
      local id, at, state = ids[index], rest + (index - 1) * 4, states[index]
      local token = ARGV[at + 1]
      if seen[id] or not state or string.sub(state, 1, #token + 3) ~= "h " .. token .. " " then
        outcomes[index] = "l"
      else
        local place, name, at_text, entry = match(state, "^%d+ %d+ %d ((%S+) %d+) (%d+) %S+ %d+ (%S+)$", #token + 4)
        local result = ARGV[at + 3]
        if ARGV[at + 2] ~= verb then
          verb = ARGV[at + 2]
          local final
          final, ttl = match(verb, "^d ([01]) (%d+) $")
          ttl = tonumber(ttl)
          start = ttl and int(now + ttl) .. " " .. now_text .. " " .. final .. " "
          is_final = final == "1"
        end
        queue = queue or name
        -- A task that ends without a result may leave a mark in place of it.
        local is_mark = result == "+ + + +"
        local is_end = result == "" and string.sub(verb, 1, 1) == "d"
          or result ~= "" and ttl and ttl > 0 and (is_final or is_mark)
        if not place or name ~= queue or not is_end then
          straight = false
          break
        end
        seen[id] = true
        outcomes[index] = "s"
        size = size + 1
        ended[size] = id
        ended_lines[size] = place .. " " .. id
        if entry ~= "+" then runs[#runs + 1] = entry .. " " .. format("%014.0f", tonumber(at_text)) .. " " .. id end
        if result ~= "" then
          local record = start .. result
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

  local states, leases, reply, given = {}, {}, {}, #lines
  -- Whether more may be there than one call gives.
  local is_cut = given == MOST_TAKEN and given < max
  if straight and given > 0 then
    local records, changes = {}, call("HMGET", key_state, unpack(taken))
    local fits = read_values(key_msg, taken, records, 0)
    is_cut = is_cut or fits < given
    for index = given, fits + 1, -1 do lines[index] = nil end
    given = fits
    local lease_end, token = int(now + tonumber(arg_lease)), "h " .. arg_nonce .. "."
    for index = 1, given do
      local id, record = taken[index], records[index]
      local head, expires = match(record or "", "^(%S+ %d+ %d+ %-?[%d+]%d* %d+ %S+) (%-?[%d+]%d*) %S+ %S+ ")
      if not head or changes[index] or (expires ~= "+" and (tonumber(expires) or 0) <= now) then
        straight = false
        break
      end
      states[index * 2 - 1] = id
      states[index * 2] = token .. index .. " 0 1 0 " .. head
      leases[index * 2 - 1] = lease_end
      leases[index * 2] = lines[index]
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
      call("ZREM", key_lease, unpack(ended_lines))
      call("HDEL", key_msg, unpack(ended))
      call("HDEL", key_state, unpack(ended))
      if #runs > 0 then call("ZREM", key_runs, unpack(runs)) end
    end
    if given > 0 then
      call("ZREM", key_ready, unpack(lines))
      call("HSET", key_state, unpack(states))
      call("ZADD", key_lease, unpack(leases))
    end
    if given ~= size and call("HINCRBY", key_count, "h" .. queue, given - size) == 0 then
      call("HDEL", key_count, "h" .. queue)
    end
    local wake_at = ""
    if claims then
      local at = is_cut and now or math.min(first_of(key_lease), first_due)
      if at < math.huge then wake_at = int(at) end
    end
    return { table.concat(outcomes), now_text, wake_at, reply }
  end
end
