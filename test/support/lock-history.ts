/**
 * What the log of a lock suite tells, put together: acquisitions, the permits that came of them, and who was harmed;
 * and beside it what the store wrote into its own history.
 */
import type { EpochMs } from "../../src/core/clock.js";
import type { LockEvent, LockRecord } from "../../src/store/contracts/lock-inspection.js";
import type { LockLine } from "./lock-log.js";

/** A process was killed or stood still. */
export interface Harm {
  readonly by: string;
  readonly from: EpochMs;
  /** When it went on; of a killed one, when the store has forgotten it: a lease in line, and one as a holder. */
  to: EpochMs;
}

export interface Acquisition {
  readonly waiter: string;
  readonly by: string;
  readonly lock: string;
  /** Before its first request was sent. */
  readonly asked: EpochMs;
  /** The first answer that it stands in line; Infinity when it never did. */
  waits: EpochMs;
  /** The first permit; Infinity: none was heard of. */
  got: EpochMs;
  /** Before it asked to leave the line, and when it heard that it did; Infinity: it did not. */
  cancelled: EpochMs;
  left: EpochMs;
}

export interface Permit {
  readonly waiter: string;
  readonly by: string;
  readonly lock: string;
  readonly token: string;
  readonly fence: number;
  /** When its acquisition asked. */
  readonly asked: EpochMs;
  /** By the store's clock it was valid from `from` to `until`, and may have been for longer. */
  readonly from: EpochMs;
  until: EpochMs;
  /** The store may have counted it as held up to then: its lease, or the answer to giving it back. */
  heldUntil: EpochMs;
  /** The process had reason to think so: the first and the last instant before it looked at its signal. */
  believedFrom: EpochMs;
  believedTo: EpochMs;
  /** Between these two the store took it back on request. */
  releases: EpochMs;
  released: EpochMs;
}

/** A permit of a process by the history of the store, which knows of it also when the process could not tell. */
export interface Grant {
  readonly waiter: string;
  /** The process; its label where nobody of the log has asked so. */
  readonly by: string;
  readonly lock: string;
  readonly fence: number;
  readonly from: EpochMs;
  /** Infinity: it has not ended. When it was "lost": noticed then. */
  to: EpochMs;
  end: LockEvent | null;
}

export interface LockHistory {
  /** In the order in which they asked. */
  readonly acquisitions: readonly Acquisition[];
  /** In order of fences. */
  readonly permits: readonly Permit[];
  /** In order of time. */
  readonly grants: readonly Grant[];
  readonly end: EpochMs;
  readonly harmsOf: (by: string, from: EpochMs, to: EpochMs) => readonly Harm[];
  /** The first harm of that process within these instants. */
  readonly harmOf: (by: string, from: EpochMs, to: EpochMs) => Harm | undefined;
}

export function lockHistory(
  lines: readonly LockLine[],
  harms: readonly Harm[],
  records: readonly LockRecord[],
): LockHistory {
  const acquisitions = new Map<string, Acquisition>();
  const permits = new Map<string, Permit>();
  const knownHarms = new Map<string, Harm[]>();
  const noteHarm = (harm: Harm): void => {
    const known = knownHarms.get(harm.by);
    if (known) known.push(harm);
    else knownHarms.set(harm.by, [harm]);
  };
  harms.forEach(noteHarm);
  let end = -Infinity;
  const permitsOf = new Map<string, Permit[]>();
  for (const line of lines) {
    const { by, at } = line;
    end = Math.max(end, at);
    switch (line.what) {
      case "asks": {
        const { waiter, lock } = line;
        const never = { waits: Infinity, got: Infinity, cancelled: Infinity, left: Infinity };
        acquisitions.set(waiter, { waiter, by, lock, asked: at, ...never });
        break;
      }
      case "waits":
        acquisitions.get(line.waiter)!.waits = at;
        break;
      case "granted": {
        const { waiter, lock, token, fence, until } = line;
        const acquisition = acquisitions.get(waiter);
        if (acquisition) acquisition.got = Math.min(acquisition.got, at);
        const permit: Permit = {
          ...{
            waiter,
            by,
            lock,
            token,
            fence,
            until,
            heldUntil: until,
            asked: acquisition?.asked ?? at,
            from: at,
          },
          ...{ believedFrom: Infinity, believedTo: -Infinity, releases: Infinity, released: Infinity },
        };
        permits.set(token, permit);
        permitsOf.set(waiter, [...(permitsOf.get(waiter) ?? []), permit]);
        break;
      }
      case "extended": {
        // An answer may come after the release was sent.
        const permit = permits.get(line.token);
        if (permit?.releases !== Infinity) break;
        permit.until = permit.heldUntil = Math.max(permit.until, line.until);
        break;
      }
      case "holds": {
        const permit = permits.get(line.token);
        if (!permit) break;
        permit.believedFrom = Math.min(permit.believedFrom, at);
        permit.believedTo = at;
        break;
      }
      case "releases": {
        const permit = permits.get(line.token);
        if (!permit) break;
        permit.until = Math.min(permit.until, at);
        permit.releases = at;
        break;
      }
      case "released": {
        const permit = permits.get(line.token);
        if (!permit) break;
        permit.released = at;
        permit.heldUntil = Math.min(permit.heldUntil, at);
        break;
      }
      case "cancels": {
        const acquisition = acquisitions.get(line.waiter);
        if (acquisition) acquisition.cancelled = Math.min(acquisition.cancelled, at);
        for (const permit of permitsOf.get(line.waiter) ?? []) permit.until = Math.min(permit.until, at);
        break;
      }
      case "left": {
        const acquisition = acquisitions.get(line.waiter);
        if (acquisition) acquisition.left = Math.min(acquisition.left, at);
        for (const permit of permitsOf.get(line.waiter) ?? [])
          permit.heldUntil = Math.min(permit.heldUntil, at);
        break;
      }
      case "stalled":
        noteHarm({ by, from: line.from, to: at });
        break;
      // What the fence let pass, and what came of a run, is judged elsewhere.
      case "lost":
      case "refused":
      case "written":
      case "runs":
      case "failed":
    }
  }
  // What the machine did is told by the log, what the suite did was known before: in order of time only now.
  for (const known of knownHarms.values()) known.sort((a, b) => a.from - b.from);
  const harmsOf = (by: string, from: EpochMs, to: EpochMs): Harm[] =>
    (knownHarms.get(by) ?? []).filter((harm) => harm.from <= to && from <= harm.to);
  return {
    acquisitions: [...acquisitions.values()].sort((a, b) => a.asked - b.asked),
    permits: [...permits.values()].sort((a, b) => a.fence - b.fence),
    grants: grantsOf(records, acquisitions),
    end,
    harmsOf,
    harmOf: (by, from, to) => harmsOf(by, from, to)[0],
  };
}

/** `records`: oldest first. A task has no fence yet when it is granted: what it holds is told by its runs. */
function grantsOf(records: readonly LockRecord[], acquisitions: ReadonlyMap<string, Acquisition>): Grant[] {
  const grants: Grant[] = [];
  const open = new Map<number, Grant>();
  for (const { kind, event, lock, id, label, fence, at } of records) {
    if (kind === "task" || fence === null) continue;
    if (event === "acquired") {
      const by = acquisitions.get(id)?.by ?? label;
      const grant: Grant = { waiter: id, by, lock, fence, from: at, to: Infinity, end: null };
      grants.push(grant);
      open.set(fence, grant);
    } else {
      const grant = open.get(fence);
      if (grant) [grant.to, grant.end] = [at, event];
    }
  }
  return grants;
}
