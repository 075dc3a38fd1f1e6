/** Every change by a person, or a program that steers, leaves a row: who, from where, what, on what, and how it went. */
import type { Clock } from "../core/clock.js";
import { isSunbeatError, messageOf } from "../core/errors.js";
import type { Logger } from "../core/logger.js";
import { bounded } from "../core/patience.js";
import { plainData } from "../core/plain-data.js";
import type { Events } from "../events/index.js";
import type { AuditPut } from "../store/contracts/audit.js";
import type { Store } from "../store/contracts/store.js";
import { type Operator, operatorOf } from "./operator.js";

/** A row is not waited for any longer: the act is done. */
const ROW_LIMIT_MS = 2_000;
const MOST_CHARACTERS = 255;

export interface AuditContext extends Operator {
  readonly store: Pick<Store, "audit">;
  readonly events: Pick<Events, "emit">;
  readonly logger: Pick<Logger, "warn">;
  readonly clock: Clock;
  /** Hears what somebody watches: this process may be no node, and is asked to tell of the change. */
  readonly onWatched: (types: readonly string[]) => void;
  /** Whether what a field of this name holds is kept from the audit. */
  readonly hides: (name: string) => boolean;
}

export interface Change {
  readonly verb: string;
  /** What it is done to, with its kind where the verb does not tell: an id of a task, the name of a queue. */
  readonly target: string;
  readonly args?: unknown;
}

/**
 * What `run` gives or throws. Its row is added after it, and tells of both: the act counts, and a store that cannot take the row is
 * logged and breaks nothing. What is wrong with the arguments is to be thrown before: a change that was never tried leaves no row.
 */
export async function audited<T>(context: AuditContext, change: Change, run: () => Promise<T>): Promise<T> {
  try {
    const value = await run();
    await note(context, change, "ok");
    return value;
  } catch (error) {
    await note(context, change, isSunbeatError(error) ? error.code : "error");
    throw error;
  }
}

async function note(context: AuditContext, { verb, target, args }: Change, outcome: string): Promise<void> {
  const { store, events, logger, clock, hides, onWatched } = context;
  const { by, via, from } = operatorOf(context);
  const row: AuditPut = {
    ...{ by: cut(by), via, from: cut(from), verb: cut(verb), target: cut(target), outcome },
    args: JSON.stringify(plainData(args, { text: (text) => text, hides }) ?? {}),
  };
  try {
    onWatched(await bounded(clock, ROW_LIMIT_MS, "audit.add", store.audit.add(row)));
  } catch (error) {
    logger.warn(
      `the audit has no row of ${row.verb} on ${row.target} by ${row.by} (${outcome}): ${messageOf(error)}`,
    );
  }
  events.emit("operator-action", row);
}

function cut(text: string): string {
  return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS - 3)}...` : text;
}
