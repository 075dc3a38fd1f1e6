import { messageOf } from "../../core/errors.js";
import type { Assignment } from "../assignment.js";
import type { Reporter } from "../report.js";
import { type ContextEnvironment, storeState } from "../run-context.js";

/** The event goes out once STARTED is stored, where that was asked for. The run does not wait for it. */
export function tellStart(
  assignment: Assignment,
  environment: ContextEnvironment,
  reporter: Pick<Reporter, "started" | "log">,
): void {
  const { definition, reservation } = assignment;
  if (!definition.trackStarted) return reporter.started(reservation);
  storeState(assignment, environment, "STARTED", null).then(
    () => reporter.started(reservation),
    (error: unknown) =>
      reporter.log.debug(`STARTED of ${reservation.label} is not stored: ${messageOf(error)}`),
  );
}
