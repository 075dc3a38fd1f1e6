// A pool by itself: runs are handed to it and their ends awaited, so that nothing but the pool is measured.
import { fileURLToPath } from "node:url";
import { systemClock } from "../dist/core/clock.js";
import { silentLogger } from "../dist/core/logger.js";
import { systemRandom } from "../dist/core/random.js";
import { coreOf } from "../dist/app/index.js";
import { openMemoryStore } from "../dist/store/memory/index.js";
import { encodeBody } from "../dist/tasks/envelope.js";
import { assign } from "../dist/worker/assignment.js";
import { AsyncPool } from "../dist/worker/pools/async.js";
import { Reporter } from "../dist/worker/report.js";
import { Reservation } from "../dist/worker/reservation.js";
import { app } from "./pool-app.mjs";

export class PoolWorld {
  #ends = new Map();
  #runs = 0;
  #limits;
  pool;

  static async open(kind, size, limits = {}) {
    const world = new PoolWorld();
    world.#limits = limits;
    const context = { clock: systemClock, random: systemRandom, logger: silentLogger };
    const hostname = "bench@here";
    const store = openMemoryStore(context);
    const reporter = new Reporter(silentLogger, { emit() {} }, { hostname, logResults: false });
    const slots = { isFull: () => false, placeOf: () => "elsewhere" };
    const parts = {
      ...context,
      size,
      store,
      reporter,
      registry: coreOf(app).registry,
      environment: {
        random: systemRandom,
        hostname,
        reporter,
        results: store.results,
        slots,
        payloadLimit: undefined,
      },
      insist: (_, ask) => ask(),
      options: {
        app: {
          file: fileURLToPath(new URL("pool-app.mjs", import.meta.url)),
          name: "bench",
          broker: "memory:",
        },
        env: {},
        execArgv: [],
        maxTasksPerChild: null,
        maxMemoryPerChildBytes: null,
        redirectStdouts: true,
        terminateGraceMs: 1_000,
        logResults: false,
      },
      onEnd: ({ reservation }, outcome) => world.#ends.get(reservation.delivery.id)(outcome),
      onFree() {},
      onFatal(error) {
        throw error;
      },
    };
    if (kind === "async") world.pool = new AsyncPool("async", size, parts);
    else world.pool = (await import(`../dist/worker/pools/${kind}.js`)).makePool(parts);
    await world.pool.open();
    return world;
  }

  /** The outcome of one run. */
  run(task, args) {
    const id = `run-${++this.#runs}`;
    const body = encodeBody({
      args,
      headers: {},
      parentId: null,
      rootId: null,
      groupId: null,
      scheduledFor: null,
      ignoreResult: null,
      resultTtlMs: null,
    });
    const delivery = {
      ...{
        id,
        token: id,
        task,
        body,
        queue: "default",
        priority: 0,
        eta: null,
        expires: null,
        maxDeliveries: 5,
      },
      ...{ resultTtlMs: 60_000, idTtlMs: 0, entry: null, retries: 0, deliveries: 1, enqueuedAt: 0 },
    };
    const { registry } = coreOf(app);
    const get = (name) => ({ ...registry.get(name), ...this.#limits });
    return new Promise((resolve) => {
      this.#ends.set(id, resolve);
      this.pool.start(assign(new Reservation(delivery, Infinity, systemClock, 0), { get }));
    });
  }

  async close() {
    this.pool.abandon();
    await this.pool.close();
  }
}
