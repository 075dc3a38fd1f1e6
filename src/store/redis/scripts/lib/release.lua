-- What follows when something ends or comes free.

-- What follows from ended runs, ended parts and freed permits, until nothing follows any more: a released run may take a permit.
local function follow_up()
  repeat
    pass_on()
    release_buffered_runs()
    if any_parts() then graphs().follow() end
  until not next(freed) and #ended_entries == 0 and #known_parts.ended == 0
end

-- For the next claim to tell: the reply of this script has no place for them.
local function leave_graph_changes()
  if #known_parts.changes > 0 then graphs().leave_changes() end
end
