/**
 * Runs what a private store holds, here and now, one after the other: no lease ends, and what is due later is due at once.
 */
import type { EpochMs } from "../core/clock.js";
import { Latch } from "../core/latch.js";
import type { ClaimRequest } from "../store/contracts/consumer.js";
import type { Store } from "../store/contracts/store.js";
import type { Claimed } from "./completer.js";
import { type Line, makeLine } from "./line.js";
import type { WorkerDependencies } from "./options.js";
import { Reservation } from "./reservation.js";

/** The one who waits is notified; the timer only bounds the wait. */
const LONGEST_WAIT_MS = 3_600_000;

export interface DrainRequest extends WorkerDependencies {
  /** Moves the store's clock on. */
  readonly skipTo: (instant: EpochMs) => void;
  /** Whether what is awaited has ended. What else is left is left. */
  readonly isOver: () => Promise<boolean>;
}

/** Resolves when it is over, or nothing is left that could run. Rejects with what the store threw. */
export async function drain(request: DrainRequest): Promise<void> {
  const { clock, store } = request;
  const latch = new Latch(clock);
  let failure: { readonly error: unknown } | null = null;
  const line = makeLine(
    request,
    () => latch.notify(),
    (error) => {
      failure = { error };
      latch.notify();
    },
  );
  const { completer, pools, runQueue } = line;
  try {
    while (failure === null) {
      await runQueue.ask();
      const claimed = await completer.exchange(await claimOf(store, line, request));
      take(claimed, line, request);
      runQueue.fill();
      if (pools.running > 0) await latch.wait(LONGEST_WAIT_MS);
      else if (completer.unsettled + runQueue.size === 0 && claimed?.deliveries.length === 0) {
        const { nextWakeAt, now } = claimed;
        if (nextWakeAt !== null && nextWakeAt <= now) continue;
        if (nextWakeAt === null || (await request.isOver())) return;
        request.skipTo(nextWakeAt);
      }
    }
    throw (failure as { readonly error: unknown }).error;
  } finally {
    line.heartbeat.stop();
    await line.locks.close();
  }
}

async function claimOf(
  store: Store,
  { runQueue }: Line,
  { options: { hostname, leaseMs } }: DrainRequest,
): Promise<ClaimRequest | null> {
  const { max } = runQueue.room;
  if (max <= 0) return null;
  const queues = (await store.queues.counts()).map(({ queue }) => queue);
  return { queues, worker: hostname, leaseMs, max };
}

function take(claimed: Claimed | null, { heartbeat, reporter, runQueue }: Line, request: DrainRequest): void {
  if (claimed === null) return;
  const { clock, options } = request;
  const storeAheadMs = claimed.now - clock.monotonicMs();
  for (const delivery of claimed.deliveries) {
    const reservation = new Reservation(delivery, claimed.askedAt + options.leaseMs, clock, storeAheadMs);
    heartbeat.keep(reservation);
    reporter.received(reservation);
    runQueue.take(reservation);
  }
}
