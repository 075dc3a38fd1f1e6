/** A pool of real children over a memory store, without a worker around it. */
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { systemClock } from "../../../src/core/clock.js";
import type { Logger } from "../../../src/core/logger.js";
import { systemRandom } from "../../../src/core/random.js";
import type { Store } from "../../../src/store/contracts/store.js";
import { openMemoryStore } from "../../../src/store/memory/index.js";
import type { TaskDefinition } from "../../../src/tasks/definition.js";
import { assign, isAssignment } from "../../../src/worker/assignment.js";
import { insist } from "../../../src/worker/insist.js";
import type { Outcome } from "../../../src/worker/outcome.js";
import type { ChildOptions } from "../../../src/worker/pools/options.js";
import type { ChildPoolParts, Pool } from "../../../src/worker/pools/pool.js";
import * as processes from "../../../src/worker/pools/processes.js";
import * as threads from "../../../src/worker/pools/threads.js";
import { Reporter } from "../../../src/worker/report.js";
import { Reservation } from "../../../src/worker/reservation.js";
import { Patience } from "../../../src/core/patience.js";
import { definition, message } from "../harness.js";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
export const FIXTURES = path.join(ROOT, "test/fixtures/pools");
/** Children run the build: what they load imports sunbeat from there. */
const PROGRAM = pathToFileURL(path.join(ROOT, "dist/worker/pools/child/main.js"));

export const KINDS = ["processes", "threads"] as const;
export type Kind = (typeof KINDS)[number];

export interface Ended {
  readonly outcome: Outcome;
  readonly runtimeMs: number;
}

export interface Started {
  readonly reservation: Reservation;
  readonly ended: Promise<Ended>;
}

export interface World {
  readonly pool: Pool;
  readonly store: Store;
  /** `level: line`, of the worker's log. */
  readonly lines: string[];
  readonly fatal: unknown[];
  readonly message: typeof message;
  /** Starts a run, once a slot is free. */
  run(task: string, args?: readonly unknown[], options?: Partial<TaskDefinition>): Promise<Started>;
  /** The same to its end. */
  outcome(task: string, args?: readonly unknown[], options?: Partial<TaskDefinition>): Promise<Outcome>;
}

export interface WorldOptions extends Partial<ChildOptions> {
  readonly size?: number;
  /** In the folder of fixtures. */
  readonly file?: string;
}

/** Nothing in these tests takes longer. */
const DEADLINE_MS = 20_000;

export async function within<T>(work: Promise<T>, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: not within ${DEADLINE_MS} ms`)), DEADLINE_MS);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** At the end of a test; the global hook of the same name may be that of another test, where they run at once. */
type AtEnd = (fn: () => Promise<void>) => void;

export function makeWorld(atEnd: AtEnd, kind: Kind, options: WorldOptions = {}): World {
  const { size = 1, file = "app.js", ...rest } = options;
  const lines: string[] = [];
  const at = (level: string) => (text: string) => void lines.push(`${level}: ${text}`);
  const logger: Logger = { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
  const store = openMemoryStore({ clock: systemClock, random: systemRandom, logger });
  const hostname = "test@here";
  const reporter = new Reporter(
    logger,
    { emit: () => undefined },
    { hostname, logResults: true },
    systemClock,
  );
  const patience = new Patience("store", { clock: systemClock, random: systemRandom, logger });
  const ends = new Map<string, (ended: Ended) => void>();
  const fatal: unknown[] = [];
  let freed: (() => void)[] = [];
  const onFree = (): void => {
    for (const each of freed) each();
    freed = [];
  };
  const parts: ChildPoolParts = {
    clock: systemClock,
    size,
    options: {
      app: { file: path.resolve(FIXTURES, file), name: "pools", broker: "memory:" },
      env: {},
      execArgv: [],
      maxTasksPerChild: null,
      maxMemoryPerChildBytes: null,
      redirectStdouts: true,
      terminateGraceMs: 200,
      log: { level: "info", format: "pretty", file: null },
      logResults: true,
      ...rest,
    },
    environment: {
      random: systemRandom,
      hostname,
      payloadLimit: undefined,
      reporter,
      results: store.results,
      get locks(): never {
        throw new Error("children take locks by themselves");
      },
      slots: { isFull: () => pool.free === 0, placeOf: () => "elsewhere" },
      get inputs(): never {
        throw new Error("children read their inputs by themselves");
      },
      get growth(): never {
        throw new Error("children compute what they add");
      },
    },
    store,
    insist: insist({ clock: systemClock, inTime: (_, work) => work, patience }),
    registry: { get: () => undefined },
    reporter,
    onEnd: ({ reservation }, outcome, runtimeMs) => {
      ends.get(reservation.delivery.id)?.({ outcome, runtimeMs });
      onFree();
    },
    onFree,
    onFatal: (error) => void fatal.push(error),
  };
  const pool = (kind === "processes" ? processes : threads).makePool(parts, PROGRAM);
  atEnd(async () => {
    pool.abandon();
    await pool.close();
    await store.close();
  });
  let sent = 0;
  const run: World["run"] = async (task, args = [], definitionOptions = {}) => {
    const id = `${task}-${++sent}`;
    await store.sender.enqueue([message(id, task, args)]);
    const claim = { queues: ["default"], worker: hostname, leaseMs: 3_600_000, max: 1 };
    const [delivery] = (await store.consumer.claim(claim)).deliveries;
    const reservation = new Reservation(delivery!, Infinity, systemClock, 0);
    const known = definition(task, () => undefined, definitionOptions);
    const assignment = assign(reservation, { get: () => known });
    if (!isAssignment(assignment)) throw new Error("it cannot be run");
    const ended = new Promise<Ended>((resolve) => ends.set(id, resolve));
    while (pool.free === 0) {
      await within(new Promise<void>((resolve) => freed.push(resolve)), `a free slot for ${task}`);
    }
    pool.start(assignment);
    return { reservation, ended };
  };
  const outcome: World["outcome"] = async (...args) => {
    const { ended } = await run(...args);
    return (await within(ended, `the end of ${args[0]}`)).outcome;
  };
  return { pool, store, lines, fatal, message, run, outcome };
}

export async function openWorld(atEnd: AtEnd, kind: Kind, options: WorldOptions = {}): Promise<World> {
  const world = makeWorld(atEnd, kind, options);
  await within(world.pool.open(), "open");
  return world;
}
