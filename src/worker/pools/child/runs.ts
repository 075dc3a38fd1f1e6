/** Runs in a child: what comes to a run is judged here, where the function is; the worker tells the store. */
import { getHeapStatistics } from "node:v8";
import type { AppCore } from "../../../app/index.js";
import type { Clock } from "../../../core/clock.js";
import type { Graphs } from "../../../store/contracts/graphs.js";
import type { Results } from "../../../store/contracts/results.js";
import {
  assign,
  isAssignment,
  isStranger,
  needsArguments,
  outcomeOfStranger,
  prepare,
} from "../../assignment.js";
import { GrowthMaker } from "../../growth.js";
import { Inputs } from "../../inputs.js";
import type { Insist } from "../../insist.js";
import { beyondRetry, failed, type Outcome } from "../../outcome.js";
import { type RunEnvironment, runTask } from "../../run.js";
import { type RunOrder, type Setup, toWire } from "../wire.js";
import type { Link } from "./link.js";
import { RemoteReservation, StopOrders } from "./remote-reservation.js";
import { remote, type RemoteSteps } from "./remote-store.js";

export interface RunsParts {
  readonly core: AppCore;
  readonly link: Link;
  readonly steps: RemoteSteps;
  readonly setup: Setup;
  /** Of what this child has. */
  readonly memoryBytes: () => number;
}

/** The worker waits for its store, and knows for how long that is worth while. */
const once: Insist = (_, ask) => ask();

export class Runs {
  readonly #parts: RunsParts;
  readonly #clock: Clock;
  readonly #results: Results;
  readonly #environment: RunEnvironment;
  readonly #orders: StopOrders;
  #current: RemoteReservation | null = null;

  constructor(parts: RunsParts) {
    const { core, link, steps, setup } = parts;
    const { clock, random, locks, createMessage, publishing, extensions, config, logger } = core;
    this.#parts = parts;
    this.#clock = clock;
    this.#orders = new StopOrders(link.flag);
    this.#results = remote("results", steps);
    const graphs = remote<Graphs>("graphs", steps);
    this.#environment = {
      ...{ random, locks, hostname: setup.hostname, payloadLimit: config.payloadLimit, extensions },
      results: this.#results,
      reporter: {
        log: logger.singleLine(),
        waiting: (_, awaited) => link.send({ kind: "waiting", run: steps.run ?? 0, awaited }),
        custom: (_, type, fields) => this.#tell(type, fields),
        progress: (_, progress) => this.#tell(null, progress),
      },
      inputs: new Inputs(graphs, once),
      growth: new GrowthMaker({
        ...{ clock, createMessage, edits: publishing, store: { graphs }, options: config, insist: once },
      }),
      // The worker knows, and looks when it hears that a run waits.
      slots: { isFull: () => true, placeOf: () => "waiting" },
    };
  }

  #tell(type: `task-${string}` | null, fields: object): void {
    const { link, steps } = this.#parts;
    link.send({ kind: "event", run: steps.run ?? 0, type, fields: { ...fields } });
  }

  /** There may be an order to stop. */
  look(): void {
    this.#current?.look();
  }

  async run(order: RunOrder): Promise<void> {
    const { link, steps, setup, memoryBytes } = this.#parts;
    const reservation = new RemoteReservation(order, this.#orders, this.#clock);
    this.#current = reservation;
    steps.run = order.run;
    reservation.look();
    const outcome = toWire(await this.#outcome(reservation));
    this.#current = null;
    const memory = setup.tellsMemory ? { memoryBytes: memoryBytes() } : {};
    link.send({ kind: "ended", run: order.run, outcome, ...memory });
  }

  async #outcome(reservation: RemoteReservation): Promise<Outcome> {
    const { registry, config } = this.#parts.core;
    const assignment = assign(reservation, registry);
    if (isStranger(assignment)) {
      const [record = null] = await this.#results.get([reservation.delivery.id]);
      return outcomeOfStranger(assignment, record, config.unknownTaskGraceMs);
    }
    if (!isAssignment(assignment)) return assignment;
    try {
      if (needsArguments(assignment)) reservation.args = await this.#environment.inputs.of(assignment);
    } catch (error) {
      return beyondRetry(error, assignment);
    }
    let prepared: ReturnType<typeof prepare>;
    try {
      prepared = prepare(assignment, config.leaseMs);
    } catch (error) {
      return failed(error);
    }
    return runTask(prepared.assignment, this.#environment);
  }
}

/** Of a process that of its machine; of a thread that of its own heap, since all else is shared. */
export function memoryOfThread(): number {
  const { total_heap_size: heap, external_memory: external } = getHeapStatistics();
  return heap + external;
}
