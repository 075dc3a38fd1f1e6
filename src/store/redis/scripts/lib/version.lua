-- The version of the keys and records. It is raised when the meaning of one changes; what is only added leaves it alone, so that
-- old and new processes share a store through a deploy.

local VERSION = "1"

-- Whoever gives the first number, epoch or fence begins a store, also in one that has lost all under its processes.
local function begin_store()
  call("HSET", key_meta, "version", VERSION)
end
