import { Option, type Command } from "commander";
import { usageError } from "./usage.js";

type Answer = { readonly accept: string } | { readonly refuse: string };

const LATER = "is not in this version";

/** Options of Celery's worker and beat that mean nothing here, are called otherwise, or come later. */
const WORKER: readonly (readonly [flags: string, answer: Answer])[] = [
  ["--without-gossip", { accept: "workers do not gossip here: the store knows them" }],
  ["--without-mingle", { accept: "workers do not mingle here: revoked ids live in the store" }],
  ["--statedb <path>", { accept: "revoked ids live in the store: no state file is needed" }],
  ["-O, --optimization <name>", { accept: "a worker takes no more than it can start, as with fair" }],
  ["-E, --task-events", { accept: "monitoring over the store is not in this version" }],
  [
    "-P, --pool <kind>",
    {
      refuse:
        "knows only async in this version: tasks run in the worker's own process; for more processors, start more workers",
    },
  ],
  [
    "--without-heartbeat",
    { refuse: "cannot be left out: the heartbeat keeps running tasks from being given to others" },
  ],
  ["--heartbeat-interval <seconds>", { refuse: "follows from the lease: set the app's option lease" }],
  ["--disable-prefetch", { refuse: "is written --prefetch-multiplier 1" }],
  ["--purge", { refuse: "is a command of its own: sunbeat purge" }],
  ["--autoscale <max,min>", { refuse: `${LATER}: set --concurrency, or start more workers` }],
  ["--time-limit <seconds>", { refuse: "is the app's option taskTimeLimit, or the task's timeLimit" }],
  [
    "--soft-time-limit <seconds>",
    { refuse: "is the app's option taskSoftTimeLimit, or the task's softTimeLimit" },
  ],
  ["--max-tasks-per-child <n>", { refuse: `${LATER}: tasks run in the worker's own process` }],
  ["--max-memory-per-child <kb>", { refuse: `${LATER}: tasks run in the worker's own process` }],
  ["-I, --include <modules>", { refuse: "is an import in the app's file: importing a task registers it" }],
];

const SHARED: readonly (readonly [flags: string, answer: Answer])[] = [
  ["-s, --schedule <path>", { refuse: "has no equivalent: entries live in the broker, named by -b" }],
  ["-S, --scheduler <class>", { refuse: "has no equivalent: entries live in the broker, named by -b" }],
  ["-D, --detach", { refuse: "is your service manager's work, such as systemd's" }],
  ["--pidfile <path>", { refuse: "is your service manager's work, such as systemd's" }],
  ["--uid <user>", { refuse: "is your service manager's work: User= in a systemd unit" }],
  ["--gid <group>", { refuse: "is your service manager's work: Group= in a systemd unit" }],
  ["--umask <mask>", { refuse: "is your service manager's work: UMask= in a systemd unit" }],
];

/** The notes of the options that were given and have no effect. */
export type IgnoredOptions = string[];

/** Lets a command answer Celery's options; the notes of accepted ones end up in the list that is returned. */
export function answerCeleryOptions(command: Command, kind: "worker" | "beat"): IgnoredOptions {
  const ignored: IgnoredOptions = [];
  for (const [flags, answer] of kind === "worker" ? [...WORKER, ...SHARED] : SHARED) {
    const option = new Option(flags).hideHelp();
    const name = option.long!;
    command.addOption(option);
    command.on(`option:${option.name()}`, (value: string | null) => {
      if ("accept" in answer) ignored.push(`${name} has no effect: ${answer.accept}`);
      else if (name !== "--pool" || value !== "async") throw usageError(`${name} ${answer.refuse}`);
    });
  }
  return ignored;
}
