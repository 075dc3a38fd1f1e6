import { SunbeatError } from "./errors.js";

let inChild = false;

/** This process or thread runs tasks for a worker. Called by the program of the child, before it loads the app. */
export function markChild(): void {
  inChild = true;
}

/** Throws SUNBEAT_IN_CHILD in a child, which would start children of its own, without end. */
export function assertNoChild(what: "worker" | "beat"): void {
  if (!inChild) return;
  throw new SunbeatError(
    "SUNBEAT_IN_CHILD",
    `a ${what} was started in a child of a worker, which has loaded this file to run its tasks; start it in a file of its own, ` +
      "or only where the file is the program itself",
  );
}
