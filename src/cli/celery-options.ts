import { Option, type Command } from "commander";
import { usageError } from "./usage.js";

type Answer = { readonly accept: string } | { readonly refuse: string };

/** Options of Celery's worker and beat that mean nothing here, or are called otherwise. */
const WORKER: readonly (readonly [flags: string, answer: Answer])[] = [
  ["--without-gossip", { accept: "workers do not gossip here: the store knows them" }],
  ["--without-mingle", { accept: "workers do not mingle here: revoked ids live in the store" }],
  ["--statedb <path>", { accept: "revoked ids live in the store: no state file is needed" }],
  ["-O, --optimization <name>", { accept: "a worker takes no more than it can start, as with fair" }],
  [
    "--without-heartbeat",
    { refuse: "cannot be left out: the heartbeat keeps running tasks from being given to others" },
  ],
  ["--heartbeat-interval <seconds>", { refuse: "follows from the lease: set the app's option lease" }],
  ["--disable-prefetch", { refuse: "is written --prefetch-multiplier 1" }],
  ["--purge", { refuse: "is a command of its own: sunbeat purge" }],
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
    command.on(`option:${option.name()}`, () => {
      if ("refuse" in answer) throw usageError(`${name} ${answer.refuse}`);
      ignored.push(`${name} has no effect: ${answer.accept}`);
    });
  }
  return ignored;
}
