import { EventEmitter } from "node:events";
import { expect, test } from "vitest";
import { endOnSignals } from "../../src/cli/first-process.js";

/** A process that notes how it was ended. */
class Recorded extends EventEmitter {
  readonly exits: unknown[] = [];

  constructor(readonly pid: number) {
    super();
  }

  exit(code: unknown): never {
    this.exits.push(code);
    return undefined as never;
  }
}

function signalled(pid: number, signal: string, listener?: () => void): unknown[] {
  const host = new Recorded(pid);
  endOnSignals(host as unknown as NodeJS.Process);
  if (listener !== undefined) host.on(signal, listener);
  host.emit(signal);
  return host.exits;
}

test.each([
  ["SIGHUP", 129],
  ["SIGINT", 130],
  ["SIGQUIT", 131],
  ["SIGTERM", 143],
])("%s ends the first process of a container with %i", (signal, exitCode) => {
  expect(signalled(1, signal)).toEqual([exitCode]);
});

test("a signal that a worker or the app listens for is left to them", () => {
  expect(signalled(1, "SIGTERM", () => undefined)).toEqual([]);
});

test("other processes listen for nothing: the system ends them", () => {
  const host = new Recorded(2);
  endOnSignals(host as unknown as NodeJS.Process);
  expect(host.eventNames()).toEqual([]);
});
