/** The one thing that differs between a child process and a thread: how it hears from its worker, and tells it. */
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { makeStopFlag, StopFlag } from "../stop-flag.js";
import type { FromChild, ToChild } from "../wire.js";

export interface Link {
  readonly flag: StopFlag;
  send(message: FromChild): void;
  onMessage(handler: (message: ToChild) => void): void;
  /** Ends the child once the worker has what was sent. */
  end(exitCode: number): void;
}

export function openLink(): Link {
  return isMainThread ? processLink() : threadLink();
}

/** What a watch thread is made with. */
export interface WatchData {
  readonly shared: SharedArrayBuffer;
}

function processLink(): Link {
  const shared = makeStopFlag();
  const data: WatchData = { shared };
  const watch = new Worker(new URL("./watch.js", import.meta.url), { workerData: data, execArgv: [] });
  watch.unref();
  // Taken before the app is loaded, which may put other things in their place.
  const send = process.send!.bind(process) as (message: FromChild, done?: () => void) => boolean;
  // A terminal, or an init system that ends a whole group, signals children too. What they have begun is the worker's to end.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => undefined);
  process.on("disconnect", () => process.exit(1));
  return {
    flag: new StopFlag(shared),
    send: (message) => void send(message),
    onMessage: (handler) => {
      process.on("message", (message) => handler(message as ToChild));
      watch.on("message", () => handler({ kind: "look" }));
    },
    // Its write ends after all writes before it.
    end: (exitCode) => void send({ kind: "left" }, () => process.exit(exitCode)),
  };
}

function threadLink(): Link {
  const port = parentPort!;
  return {
    flag: new StopFlag((workerData as WatchData).shared),
    send: (message) => port.postMessage(message),
    onMessage: (handler) => void port.on("message", handler),
    end: (exitCode) => {
      port.postMessage({ kind: "left" } satisfies FromChild);
      process.exit(exitCode);
    },
  };
}
