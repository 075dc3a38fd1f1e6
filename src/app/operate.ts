/** What operators do to graphs and locks, each with its row in the audit: the same for the command line and for pages. */
import { audited } from "../control/index.js";
import type { AppCore } from "./core.js";

/** No part of it begins any more. "over": it had ended. */
export function revokeGraph(
  core: AppCore,
  id: string,
  terminate: boolean,
): Promise<"cancelled" | "over" | "unknown"> {
  const change = { verb: "graph.revoke", target: id, args: { terminate } };
  return audited(core.auditContext, change, () => core.lazyStore.graphs.cancel(id, { terminate }));
}

/** As `GraphResult.resume`. */
export function resumeGraph(core: AppCore, id: string): Promise<void> {
  const change = { verb: "graph.resume", target: id };
  return audited(core.auditContext, change, () => core.graph({ graphId: id }).resume());
}

/** As `Locks.break`. */
export function breakPermit(core: AppCore, lock: string, token: string): Promise<void> {
  const change = { verb: "lock.break", target: lock, args: { token } };
  return audited(core.auditContext, change, () => core.locks.break(lock, token));
}
