// The app of the fault suites that run the program users start (support/fault-programs.ts). What it is made of is in
// FAULT_APP; its runs are told in a log outside the store, one line each.
import { appendFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const { broker, options = {}, entries = {}, log } = JSON.parse(process.env.FAULT_APP);
const dist = pathToFileURL(`${process.env.SUNBEAT_DIST}/`);
const { crontab, every, Sunbeat } = await import(new URL("index.js", dist).href);

export const app = new Sunbeat("fault-app", {
  broker,
  lease: 1,
  beatLease: 1,
  gracePeriod: 1,
  ...options,
  beatSchedule: Object.fromEntries(
    Object.entries(entries).map(([name, { schedule, timezone, ...entry }]) => [
      name,
      {
        ...entry,
        schedule: typeof schedule === "number" ? every(schedule) : crontab(schedule, { timezone }),
      },
    ]),
  ),
});

const write = (self, fields = {}) => {
  if (!log) return;
  const { id, entry, scheduledFor } = self.request;
  const line = {
    id,
    entry,
    due: scheduledFor?.getTime() ?? null,
    by: process.pid,
    at: Date.now(),
    ...fields,
  };
  appendFileSync(log, `${JSON.stringify(line)}\n`);
};

app.task("log", { bind: true, ignoreResult: true }, (self, ...args) => write(self, { args }));
/** What arrived goes back. */
app.task("echo", (value) => value);
/** What no message may change in this process. */
app.task("probe", () => ({
  polluted: {}.polluted ?? null,
  names: Object.getOwnPropertyNames(Object.prototype).sort(),
}));

// Poison: each ends or holds up its whole process, or ends itself in a way that nobody expects.
const poison = (name, act) =>
  app.task(`poison.${name}`, { bind: true, maxDeliveries: 2 }, (self) => {
    write(self);
    return act();
  });
poison("abort", () => process.abort());
poison("exit", () => process.exit(3));
poison("kill", () => process.kill(process.pid, "SIGKILL"));
poison("heap", () => {
  const kept = [];
  for (;;) kept.push(new Array(1e5).fill(kept.length));
});
poison("loop", () => {
  for (;;);
});
poison("stack", function deeper() {
  return deeper() + 1;
});
poison("uncaught", () => {
  setImmediate(() => {
    throw new Error("thrown beside the task");
  });
  return new Promise(() => undefined);
});
poison("rejection", () => {
  void Promise.reject(new Error("nobody awaits this"));
});
poison("null", () => {
  throw null;
});
poison("undefined", () => Promise.reject(undefined));
poison("symbol", () => {
  throw Symbol("thrown");
});
poison("proxy", () => {
  const no = () => {
    throw new Error("trapped");
  };
  throw new Proxy(function () {}, { get: no, getPrototypeOf: no, has: no, ownKeys: no, apply: no });
});
poison("getter", () => {
  throw Object.defineProperty(new Error("x"), "message", {
    get() {
      throw new Error("trapped");
    },
  });
});
poison("thenable", () => ({
  then() {
    throw new Error("then throws");
  },
}));
poison("result", () => ({ deep: { big: 1n } }));
