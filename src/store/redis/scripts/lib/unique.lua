-- Unique keys: a message lets go of its own in the step in which it begins or ends, whichever it has said. What has waited for the key
-- is made ready before the script is over (lib/send.lua).

-- Keys whose messages have let go of them while others wait.
local freed_keys = {}
-- Whether any message has a unique key: most stores have none, and one look tells.
local any_unique = nil

local function any_uniques()
  if any_unique == nil then any_unique = call("EXISTS", key_uniqof) == 1 end
  return any_unique
end

local made_uniques = nil

-- All that only scripts that meet a unique key need: a server makes each function anew at every call.
local function uniques()
  if made_uniques then return made_uniques end

  -- The record of a key that a message gets now.
  local function owned_by(id, unique)
    return { owner = id, ends_at = unique.ttl and int(now + unique.ttl) or "+", timed = unique.ends == "+" and "1" or "0", waiting = "" }
  end

  local function find_key(key)
    return read_unique_key(call("HGET", key_uniq, key))
  end

  local function put_key(key, record)
    call("HSET", key_uniq, key, unique_key_text(record.ends_at, record.timed, record.owner, record.waiting))
    if record.ends_at ~= "+" then call("ZADD", key_uniqend, record.ends_at, key) end
  end

  local function remove_key(key)
    call("HDEL", key_uniq, key)
    call("ZREM", key_uniqend, key)
  end

  -- What a message says of its key, until it has ended or let go of it; nil: nothing.
  local function unique_of(id)
    return read_unique_word(call("HGET", key_uniqof, id))
  end

  local function note(id, unique)
    any_unique = true
    call("HSET", key_uniqof, id, unique.word)
  end

  local function forget_message(id)
    call("HDEL", key_uniqof, id)
  end

  -- A worker gets the message: for the first time, or it has let go of its key before.
  local function start_unique(id, unique)
    if unique.ends == UNTIL_FINISHED then return end
    work(10)
    forget_message(id)
    local record = find_key(unique.key)
    if not record or record.owner ~= id then return end
    if record.waiting ~= "" then
      freed_keys[unique.key] = true
    elseif record.timed == "0" then
      remove_key(unique.key)
    end
  end

  -- The message has ended, is a dead letter, or is buffered no more.
  local function end_unique(id)
    local unique = unique_of(id)
    if not unique then return end
    work(10)
    forget_message(id)
    local record = find_key(unique.key)
    if record and record.waiting == id then
      record.waiting = ""
      put_key(unique.key, record)
    end
    if not record or record.owner ~= id then return end
    if record.waiting ~= "" then
      freed_keys[unique.key] = true
    else
      remove_key(unique.key)
    end
  end

  made_uniques = {
    owned_by = owned_by, find_key = find_key, put_key = put_key, remove_key = remove_key, unique_of = unique_of, note = note,
    forget_message = forget_message, start_unique = start_unique, end_unique = end_unique,
  }
  return made_uniques
end
