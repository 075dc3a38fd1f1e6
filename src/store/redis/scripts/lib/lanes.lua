-- Fair queues: their ranks have turns of lanes in place of ages. In key_fair: queue -> below the turns that it gives, the last age when
-- it became fair; "<queue> <priority turned round>" -> the last turn that was taken. In key_lane: "<queue> <priority turned round>
-- <lane>" -> the last turn that the lane was given, with its fraction. In key_msglane: id -> "<lane>,<weight>".

-- How far apart the turns of a lane of weight 1 are.
local TURN = 100
local LANE = "^([^ ,]+),(%S+)$"
-- A message without a lane is in the lane "".
local WITHOUT_LANE = "++,1"

local any_fair, fair_queues, taken_turns, last_turns = nil, {}, {}, {}

-- Below the turns that a fair queue gives; false: it is not fair. Most stores have none, and one look tells.
local function is_fair(queue)
  if any_fair == nil then any_fair = call("EXISTS", key_fair) == 1 end
  if not any_fair then return false end
  local below = fair_queues[queue]
  if below == nil then
    below = tonumber(call("HGET", key_fair, queue) or "") or false
    fair_queues[queue] = below
  end
  return below
end

-- What a message says of its lane stays with it, and makes its queue a fair one.
local function keep_lane(queue, id, lane)
  if not is_fair(queue) then
    any_fair, fair_queues[queue] = true, tonumber(call("GET", key_seq) or 0)
    call("HSET", key_fair, queue, int(fair_queues[queue]))
  end
  if lane ~= WITHOUT_LANE then write_later("HSET", key_msglane, id, lane) end
end

local function lane_of(id)
  return call("HGET", key_msglane, id) or WITHOUT_LANE
end

-- Those of one priority; `digit`: the first of the rank.
local function taken_turn(queue, digit)
  local field = queue .. " " .. digit
  if not taken_turns[field] then
    taken_turns[field] = tonumber(call("HGET", key_fair, field) or "") or is_fair(queue)
  end
  return taken_turns[field]
end

-- The rank of a message that becomes ready in a fair queue: behind all of its lane, and behind what was taken.
local function take_turn(queue, digit, lane)
  local name, weight = match(lane, LANE)
  local field = queue .. " " .. digit .. " " .. (name or "++")
  local last = last_turns[field] or tonumber(call("HGET", key_lane, field) or "") or 0
  local turn = math.max(taken_turn(queue, digit), last) + TURN / (tonumber(weight or "") or 1)
  last_turns[field] = turn
  write_later("HSET", key_lane, field, format("%.6f", turn))
  return digit .. format("%014.0f", math.floor(turn))
end

-- The rank of a message that comes into its queue anew: a turn where it is ready in a fair one, else its age.
local function renew_rank(m)
  local digit, eta = string.sub(m.rank, 1, 1), tonumber(m.eta)
  if is_fair(m.queue) and not (eta and eta > now) then
    m.rank = take_turn(m.queue, digit, lane_of(m.id))
  else
    m.rank = digit .. format("%014.0f", next_number())
  end
end

-- A claim has come to these positions of a fair queue, the foremost first.
local function pass_turn(queue, rank)
  local digit, turn = string.sub(rank, 1, 1), tonumber(string.sub(rank, 2))
  if not turn or turn <= taken_turn(queue, digit) then return end
  local field = queue .. " " .. digit
  taken_turns[field] = turn
  write_later("HSET", key_fair, field, int(turn))
end

-- With its message.
local function forget_lane(id)
  if any_fair == nil then any_fair = call("EXISTS", key_fair) == 1 end
  if any_fair then remove_later("HDEL", key_msglane, id) end
end
