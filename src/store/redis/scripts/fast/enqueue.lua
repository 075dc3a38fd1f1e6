-- What most calls are: messages to be run at once, without lock, entry or end, in a store without buffered runs, to queues that are not fair.
-- At anything out of the ordinary the whole script does the work instead, to the same effect.
do
  local first = rest + tonumber(arg_templates)
  local size = (#ARGV - first + 1) / 3
  local straight = size <= 1000
  -- Most stores have none of these, and one look tells.
  local has_fair = call("EXISTS", key_bufferedid, key_fair) > 0
  if has_fair then straight = straight and call("EXISTS", key_bufferedid) == 0 end
  local templates = {}
  for index = rest, first - 1 do
    local queue, priority, max, ttl, task = match(ARGV[index], "^(%S+) (%d) (%d+) (%S+) %+ (%S+) %+ %+ %+$")
    if not queue or has_fair and call("HEXISTS", key_fair, queue) == 1 then
      straight = false
      break
    end
    templates[index - rest + 1] = {
      queue = queue, rank = (9 - priority) .. "%014.0f",
      tail = record_head("+", max) .. "+" .. record_tail("+", ttl, task),
    }
  end

  if straight and size > 0 then
    local ids = {}
    for index = 1, size do ids[index] = ARGV[first + (index - 1) * 3 + 1] end
    local messages, results = call("HMGET", key_msg, unpack(ids)), call("HMGET", key_res, unpack(ids))
    local number = call("INCRBY", key_seq, size) - size
    if number == 0 then begin_store() end
    local outcomes, records, positions, count, seen, queues = {}, {}, {}, 0, {}, {}
    for index = 1, size do
      local id, result = ids[index], results[index]
      if messages[index] or seen[id] or (result and is_kept(result)) then
        outcomes[index] = ENQUEUED_DUPLICATE
      else
        local at = first + (index - 1) * 3
        local template = templates[tonumber(ARGV[at])]
        number = number + 1
        local position = template.queue .. " " .. format(template.rank, number)
        outcomes[index] = ENQUEUED_QUEUED
        seen[id] = true
        queues[template.queue] = true
        records[count + 1] = id
        records[count + 2] = position .. template.tail .. ARGV[at + 2]
        positions[count + 1] = 0
        positions[count + 2] = position .. " " .. id
        count = count + 2
      end
    end
    if count > 0 then
      call("HSET", key_msg, unpack(records))
      call("ZADD", key_ready, unpack(positions))
      for queue in pairs(queues) do call("PUBLISH", arg_channels .. "wake:" .. queue, "") end
    end
    return table.concat(outcomes)
  end
end
