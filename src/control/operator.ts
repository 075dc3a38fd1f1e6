/** Who acts: for the audit. */
import { AsyncLocalStorage } from "node:async_hooks";
import { hostname, userInfo } from "node:os";
import type { AuditPut } from "../store/contracts/audit.js";

export type Operator = Pick<AuditPut, "by" | "via" | "from">;

let known: string | null = null;

/** User and machine of this process, asked of the system once: it reads a file for that. */
export function whoWeAre(): string {
  return (known ??= `${userName()}@${hostname()}`);
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run under a number that has no name.
    return String(process.getuid?.() ?? "somebody");
  }
}

const acting = new AsyncLocalStorage<Operator>();

/** What `work` changes is the act of this operator: for a program that acts for several, as the dashboard does. */
export function actingAs<T>(operator: Operator, work: () => T): T {
  return acting.run(operator, work);
}

/** Who acts here: `own`, the process itself, where nobody was named. */
export function operatorOf(own: Operator): Operator {
  return acting.getStore() ?? own;
}
