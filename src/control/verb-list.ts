/** Every verb of remote control: who answers it, what it is given, and for how long what it changes holds. */
import type { NodeKind } from "../store/contracts/presence.js";

export interface VerbInfo {
  /** Who answers: nodes with such a part, every node, or the store, for which no node is needed. */
  readonly of: "worker" | "beat" | "node" | "store";
  /** Names of its arguments, in the order of the command line. The last one may be "name...": a list. */
  readonly params: readonly string[];
  /** Null: it changes nothing. */
  readonly keeps: "until restart" | "store" | "nothing" | null;
  readonly says: string;
}

const read = (of: VerbInfo["of"], says: string, params: readonly string[] = []): VerbInfo => ({
  of,
  params,
  keeps: null,
  says,
});
const change = <Of extends VerbInfo["of"]>(
  of: Of,
  keeps: NonNullable<VerbInfo["keeps"]>,
  says: string,
  params: readonly string[] = [],
): VerbInfo & { readonly of: Of } => ({ of, params, keeps, says });

export const INSPECT_VERBS = {
  ping: read("node", "whether it answers"),
  active: read("worker", "what it runs, longest first"),
  reserved: read("worker", "what it has taken and not begun"),
  scheduled: read("store", "what waits for its time, in all queues, by eta"),
  revoked: read("store", "ids that were revoked before anything came under them, by until"),
  registered: read("worker", "the tasks that it knows"),
  stats: read("node", "what it is, and how it does"),
  activeQueues: read("worker", "the queues that it takes from"),
  conf: read("node", "its options, secrets masked"),
  report: read("node", "versions and platform"),
  clock: read("node", "its Lamport clock"),
  hello: read("node", "who it is"),
  queryTask: read("worker", "where these tasks are on it", ["ids..."]),
  memdump: read("node", "its heap"),
  memsample: read("node", "its memory now"),
  objgraph: read("node", "the spaces of its heap"),
  beat: read("beat", "who leads, and what comes next"),
} as const satisfies Record<string, VerbInfo>;

export const CONTROL_VERBS = {
  revoke: change("store", "store", "tasks do not begin, or end with --terminate", ["ids..."]),
  terminate: change("store", "store", "tasks do not begin, and running ones are to end", ["ids..."]),
  revokeByHeaders: change("store", "store", "what carries these headers does not begin, for a day", [
    "headers...",
  ]),
  pauseQueue: change("store", "store", "nothing is taken from a queue", ["queue"]),
  resumeQueue: change("store", "store", "a paused queue goes on", ["queue"]),
  election: change("store", "nothing", "says that the store leads"),
  timeLimit: change("worker", "until restart", "limits of a task, in seconds; none lifts one", [
    "task",
    "soft",
    "hard",
  ]),
  addConsumer: change("worker", "until restart", "takes from a queue more", ["queue"]),
  cancelConsumer: change("worker", "until restart", "takes from a queue no more", ["queue"]),
  poolGrow: change("worker", "until restart", "more slots", ["n"]),
  poolShrink: change("worker", "until restart", "fewer slots; running tasks end first", ["n"]),
  autoscale: change("worker", "until restart", "bounds of its slots", ["max", "min"]),
  poolRestart: change("worker", "until restart", "new children, with the files as they are now"),
  drain: change("worker", "until restart", "takes no more tasks"),
  undrain: change("worker", "until restart", "takes tasks again"),
  shutdown: change("node", "nothing", "ends warm, as by SIGTERM"),
  enableEvents: change("node", "until restart", "tells every event"),
  disableEvents: change("node", "until restart", "tells the events that somebody watches"),
  heartbeat: change("node", "nothing", "tells now that it is there"),
  logLevel: change("node", "until restart", "debug, info, warning or error", ["level"]),
  resign: change("beat", "nothing", "gives the lead up"),
  trigger: change("beat", "store", "sends a run of an entry now", ["name"]),
} as const satisfies Record<string, VerbInfo>;

export type InspectVerb = keyof typeof INSPECT_VERBS;
export type ControlVerb = keyof typeof CONTROL_VERBS;
export type Verb = InspectVerb | ControlVerb;

const ALL: Readonly<Record<string, VerbInfo>> = { ...INSPECT_VERBS, ...CONTROL_VERBS };

export function verbInfo(verb: string): VerbInfo | undefined {
  return Object.hasOwn(ALL, verb) ? ALL[verb] : undefined;
}

/** What a node of this kind answers, by name. */
export function verbsOf(kind: NodeKind): string[] {
  return Object.keys(ALL)
    .filter((verb) => {
      const { of } = ALL[verb]!;
      return of === "node" || (of !== "store" && kind.split("+").includes(of));
    })
    .sort();
}
