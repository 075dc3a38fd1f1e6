/** What the options of an app and of a worker make of its pools. */
import { availableParallelism } from "node:os";
import { pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import { coreOf } from "../../src/app/sunbeat.js";
import {
  concurrencyText,
  limitedRegistry,
  resolveWorkerPools,
  type WorkerPoolOptions,
} from "../../src/app/worker-pools.js";
import { Sunbeat } from "../../src/index.js";
import type { SunbeatOptions } from "../../src/config/index.js";

const FILE = "/srv/app.js";
const CPUS = availableParallelism();

function plan(app: SunbeatOptions, worker: WorkerPoolOptions) {
  const core = coreOf(new Sunbeat("a", { broker: "memory:", ...app }));
  return resolveWorkerPools(core, { app: FILE, ...worker });
}

describe("pools", () => {
  test.each<[SunbeatOptions, WorkerPoolOptions, string, string]>([
    [{}, {}, "8 (async)", "the default"],
    [{}, { concurrency: 3 }, "3 (async)", "the worker's own number"],
    [{ workerConcurrency: 5 }, { concurrency: 3 }, "3 (async)", "it goes before that of the app"],
    [{}, { pool: "solo", concurrency: 3 }, "1 (solo)", "solo has one, whatever is said"],
    [{}, { pool: "prefork" }, `${CPUS} (processes)`, "as many as there are processors"],
    [{}, { pool: ["async", "threads"] }, `8 (async), ${CPUS} (threads)`, "each its own default"],
    [
      {},
      { pool: ["async", "processes"], concurrency: [100, 4] },
      "100 (async), 4 (processes)",
      "a number for each",
    ],
    [
      {},
      { pool: ["processes", "async"], concurrency: 4 },
      "4 (processes), 8 (async)",
      "one number: of the first",
    ],
    [
      { workerConcurrency: 5 },
      { pool: "processes" },
      "5 (processes)",
      "the app's one number is of the first, whichever",
    ],
    [
      { workerPool: ["async", "processes"], workerConcurrency: [100, 4] },
      { pool: "processes" },
      "4 (processes)",
      "of the app's list the number of this pool",
    ],
    [
      { workerPool: ["async", "processes"], workerConcurrency: [100, 4] },
      { pool: "threads" },
      `${CPUS} (threads)`,
      "the app's list has none of this pool",
    ],
    [{}, { autoscale: "10,3" }, "3 to 10 (async)", "bounds"],
    [{ workerAutoscale: "10,3" }, {}, "3 to 10 (async)", "those of the app"],
    [{ workerAutoscale: "10,3" }, { concurrency: 5 }, "5 (async)", "a number here goes before bounds there"],
    [
      { workerConcurrency: 5 },
      { autoscale: "10,3" },
      "3 to 10 (async)",
      "and bounds here before a number there",
    ],
  ])("%o and %o: %s: %s", (app, worker, text) => {
    expect(concurrencyText(plan(app, worker))).toBe(text);
  });

  test("children are told all that is theirs, and pools without children have none", () => {
    const { children } = plan(
      { workerMaxTasksPerChild: 9, terminateGrace: 5, logResults: true },
      { pool: "processes", maxMemoryPerChild: "1MB", app: pathToFileURL(FILE).href },
    );
    expect(children).toMatchObject({
      app: { file: FILE, name: "a", broker: "memory:" },
      ...{ maxTasksPerChild: 9, maxMemoryPerChildBytes: 1_000_000 },
      ...{ redirectStdouts: true, terminateGraceMs: 5_000, logResults: true },
    });
    expect(plan({}, {}).children).toBeNull();
  });

  test("a worker knows which pools the tasks of a queue need", () => {
    const app = new Sunbeat("a", { broker: "memory:" });
    app.task("light", () => 1);
    app.task("heavy", { queue: "images", pool: "processes" }, () => 1);
    app.task("elsewhere", { queue: "images", pool: "threads" }, () => 1);
    const { poolsOfQueues } = resolveWorkerPools(coreOf(app), { pool: ["async", "processes"], app: FILE });
    expect(poolsOfQueues).toEqual(
      new Map([
        ["default", new Set(["async"])],
        ["images", new Set(["processes", "async"])],
      ]),
    );
  });

  test.each<[WorkerPoolOptions, string, string]>([
    [{ pool: "processes", app: undefined }, "SUNBEAT_POOL_APP_MISSING", "add app: import.meta.url"],
    [{ pool: ["async", "threads"], app: undefined }, "SUNBEAT_POOL_APP_MISSING", "children of pool threads"],
    [
      { pool: "processes", app: "./app.js" },
      "SUNBEAT_OPTION_INVALID",
      "worker: app: expected the URL or the absolute path",
    ],
    [
      { pool: "processes", app: 5 as never },
      "SUNBEAT_OPTION_INVALID",
      "worker: app: expected the URL or the absolute path",
    ],
    [
      { concurrency: [1, 2] },
      "SUNBEAT_OPTION_INVALID",
      "worker: concurrency: expected one number for each pool of async",
    ],
    [
      { concurrency: 2, autoscale: "4,2" },
      "SUNBEAT_OPTION_INVALID",
      "worker: concurrency: expected nothing beside autoscale",
    ],
    [
      { pool: "solo", autoscale: "4,2" },
      "SUNBEAT_OPTION_INVALID",
      "worker: autoscale: expected one pool other than solo",
    ],
    [{ maxTasksPerChild: 0 }, "SUNBEAT_OPTION_INVALID", "worker: maxTasksPerChild: expected a whole number"],
    [
      { maxMemoryPerChild: "x" },
      "SUNBEAT_OPTION_INVALID",
      "worker: maxMemoryPerChild: expected a number of bytes",
    ],
    [
      { softTimeLimit: 5, timeLimit: 5 },
      "SUNBEAT_OPTION_INVALID",
      "worker: softTimeLimit: expected less than",
    ],
    [{ timeLimit: "soon" }, "SUNBEAT_DURATION_INVALID", "worker: timeLimit: expected"],
  ])("%o: %s", (worker, code, text) => {
    const app = new Sunbeat("a", { broker: "memory:" });
    const options = "app" in worker ? worker : { app: FILE, ...worker };
    expect(() => app.worker(options)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(text) as string }),
    );
  });
});

describe("limits of a worker", () => {
  test.each<[WorkerPoolOptions, object, string]>([
    [{}, { plain: [60, null], own: [5, 2], free: [null, null] }, "without them those of app and task"],
    [
      { timeLimit: 30 },
      { plain: [30, null], own: [5, 2], free: [null, null] },
      "those of a task go before them",
    ],
    [{ softTimeLimit: 1 }, { plain: [60, 1], own: [5, 2], free: [null, 1] }, "each for itself"],
    [
      { timeLimit: null },
      { plain: [null, null], own: [5, 2], free: [null, null] },
      "null takes that of the app away",
    ],
  ])("%o: %o: %s", (worker, limits) => {
    const app = new Sunbeat("a", { broker: "memory:", taskTimeLimit: 60 });
    app.task("plain", () => 1);
    app.task("own", { timeLimit: 5, softTimeLimit: 2 }, () => 1);
    app.task("free", { timeLimit: null }, () => 1);
    const registry = limitedRegistry(coreOf(app), worker);
    const seconds = (ms: number | null | undefined): number | null => (ms == null ? null : ms / 1_000);
    const seen = ["plain", "own", "free"].map((name) => {
      const definition = registry.get(name);
      return [name, [seconds(definition?.timeLimitMs), seconds(definition?.softTimeLimitMs)]];
    });
    expect(Object.fromEntries(seen)).toEqual(limits);
    expect(registry.get("unknown")).toBeUndefined();
  });
});
