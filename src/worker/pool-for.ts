import { assign, isAssignment } from "./assignment.js";
import { isBuiltIn } from "./built-in.js";
import type { TaskLookup } from "./options.js";
import type { Pool } from "./pools/pool.js";
import type { Pools } from "./pools/pools.js";
import type { Reservation } from "./reservation.js";

interface Parts {
  readonly pools: Pick<Pools, "all" | "of">;
  readonly registry: Pick<TaskLookup, "get">;
}

/** The pool of this worker that is to run a delivery: of a task that it does not know, the first. */
export function poolFor(reservation: Reservation, { pools, registry }: Parts): Pool {
  const { task } = reservation.delivery;
  const [first] = pools.all;
  if (pools.all.length === 1) return first!;
  let definition = registry.get(task);
  if (definition === undefined && isBuiltIn(task)) {
    const assigned = assign(reservation, registry); // it has the options of the task that it calls
    if (isAssignment(assigned)) definition = assigned.definition;
  }
  return definition === undefined ? first! : pools.of(definition);
}
