/**
 * Tasks and graphs run here and now: a private memory store holds them, and is drained in place. What is due later, such as a retry or
 * a countdown, is due at once.
 */
import { hostname } from "node:os";
import type { Config } from "../config/index.js";
import type { Clock, EpochMs } from "../core/clock.js";
import type { Logger } from "../core/logger.js";
import type { Random } from "../core/random.js";
import type { Events } from "../events/index.js";
import type { Extensions } from "../signals/index.js";
import type { Store } from "../store/contracts/store.js";
import type { CreateMessage } from "../tasks/message-factory.js";
import type { NewMessage } from "../tasks/message.js";
import type { CompiledGraph } from "../tasks/part.js";
import type { TaskRegistry } from "../tasks/registry.js";
import { drain } from "../worker/drain.js";
import { GraphPublisher } from "./graph-publisher.js";
import type { Publishing } from "./publishing.js";
import type { ResultContext } from "./result-reader.js";
import { GraphHandle, type SentGraph } from "./graph-result.js";

/** What an app has for runs in place. */
export interface EagerApp {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly events: Events;
  readonly registry: TaskRegistry;
  readonly createMessage: CreateMessage;
  readonly publishing: Publishing;
  readonly extensions: Extensions;
  readonly config: Config;
}

/** No lease ends while somebody waits in place. */
const LEASE_MS = 1e12;

/** One at a time, in order: as if the calls stood below one another. */
const CONCURRENCY = 1;

/** The app's clock, and what was skipped of the time to come. */
class SkippingClock implements Clock {
  readonly #clock: Clock;
  #skippedMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): EpochMs {
    return this.#clock.now() + this.#skippedMs;
  }

  monotonicMs(): number {
    return this.#clock.monotonicMs();
  }

  after(...timer: Parameters<Clock["after"]>): ReturnType<Clock["after"]> {
    return this.#clock.after(...timer);
  }

  soon(fn: () => void): void {
    this.#clock.soon(fn);
  }

  skipTo(instant: EpochMs): void {
    this.#skippedMs += Math.max(0, instant - this.now());
  }
}

/** Resolves when it has ended, well or badly; the handle answers from the private store. */
export async function runMessage(message: NewMessage, core: EagerApp): Promise<GraphHandle<never>> {
  const { id, task, resultTtlMs } = message;
  const sent = { graphId: id, output: id, task, ignored: resultTtlMs === 0 };
  return runEagerly(core, sent, async ({ sender }) => {
    await sender.enqueue([message]);
    core.publishing.sent(message);
  });
}

export async function runGraph(
  graph: CompiledGraph,
  sent: SentGraph,
  core: EagerApp,
): Promise<GraphHandle<never>> {
  return runEagerly(core, sent, async (store) => {
    const { clock, random, config } = core;
    const context = {
      clock,
      random,
      store: () => Promise.resolve(store),
      retry: config.publishRetry,
      queues: new Map(),
    };
    await new GraphPublisher(context).open(graph, config.resultTtlMs);
    for (const { message } of graph.parts) if (message !== null) core.publishing.sent(message);
  });
}

async function runEagerly(
  core: EagerApp,
  sent: SentGraph,
  fill: (store: Store) => Promise<void>,
): Promise<GraphHandle<never>> {
  const { openMemoryStore } = await import("../store/memory/index.js");
  const { random, logger, events, registry, createMessage, publishing, extensions, config } = core;
  const clock = new SkippingClock(core.clock);
  const store = openMemoryStore({ clock, random, logger });
  await fill(store);
  const { payloadLimit, graphLimit, logResults } = config;
  const worker = `eager@${hostname()}`;
  await drain({
    ...{ store, clock, random, logger, events, registry, createMessage, edits: publishing, extensions },
    options: {
      ...{ payloadLimit, graphLimit, logResults },
      pools: [{ name: "async", size: CONCURRENCY }],
      prefetch: 1,
      queues: [],
      leaseMs: LEASE_MS,
      unknownTaskGraceMs: 0,
      gracePeriodMs: 0,
      hostname: worker,
    },
    skipTo: (instant) => clock.skipTo(instant),
    isOver: () => isOver(store, sent.graphId),
  });
  const context: ResultContext = { clock, events, store: () => Promise.resolve(store) };
  return new GraphHandle(sent, context);
}

/** Of a graph also the parts beside those that give its value. A run that has replaced itself is a graph, too. */
async function isOver(store: Store, id: string): Promise<boolean> {
  const [graph] = await store.graphs.get([id]);
  if (graph) return graph.open === 0;
  const counts = await store.queues.counts();
  return counts.every(
    ({ ready, scheduled, leased, blocked = 0 }) => ready + scheduled + leased + blocked === 0,
  );
}
