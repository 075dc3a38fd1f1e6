import { constants } from "node:os";

const ENDING = ["SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM"] as const;

/**
 * Lets signals end the first process of a container, as they end every other one. The kernel keeps from it what it does
 * not listen for: a stop that comes while the app is still being loaded, and Ctrl-C in a short command, would be lost.
 * Where somebody else listens, such as a worker, it is theirs. The exit code is what a shell gives: 143 for SIGTERM.
 */
export function endOnSignals(host: Pick<NodeJS.Process, "pid" | "on" | "listenerCount" | "exit">): void {
  if (host.pid !== 1) return;
  for (const signal of ENDING) {
    host.on(signal, () => {
      if (host.listenerCount(signal) === 1) host.exit(128 + constants.signals[signal]);
    });
  }
}
