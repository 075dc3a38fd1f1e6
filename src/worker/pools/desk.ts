/** Where children ask for what their worker does for them: steps of the store, and whether a wait can ever end. */
import { messageOf } from "../../core/errors.js";
import type { Store } from "../../store/contracts/store.js";
import type { Insist } from "../insist.js";
import type { Reporter } from "../report.js";
import type { Reservation } from "../reservation.js";
import type { RunEnvironment } from "../run.js";
import type { Child } from "./child.js";
import { errorToWire, type StoreCall } from "./wire.js";

export interface DeskParts {
  readonly store: Store;
  readonly environment: Pick<RunEnvironment, "results" | "slots">;
  readonly insist: Insist;
  readonly reporter: Pick<Reporter, "log" | "waiting">;
}

/** What a run reads, however long the store is away. */
const READS: ReadonlySet<string> = new Set([
  "results.get",
  "graphs.get",
  "graphs.outputs",
  "graphs.added",
  "graphs.parts",
]);

type Verb = (...args: readonly unknown[]) => Promise<unknown>;

/** That of one child. */
export class Desk {
  readonly #parts: DeskParts;
  readonly #child: Pick<Child, "send">;
  /** Ends what is under way, by call: a wait, or a subscription. */
  readonly #ends = new Map<number, () => void>();

  constructor(parts: DeskParts, child: Pick<Child, "send">) {
    this.#parts = parts;
    this.#child = child;
  }

  /** `reservation`: of the run that asks; null: asked for outside of one, or the run is over. */
  async answer(call: StoreCall, reservation: Reservation | null): Promise<void> {
    try {
      const value = await this.#step(call, reservation);
      this.#child.send({ kind: "answer", call: call.call, value });
    } catch (error) {
      this.#child.send({ kind: "refusal", call: call.call, error: errorToWire(error) });
    }
  }

  cancel(call: number): void {
    this.#ends.get(call)?.();
    this.#ends.delete(call);
  }

  /** The child is gone. */
  close(): void {
    for (const call of [...this.#ends.keys()]) this.cancel(call);
  }

  /** A run waits for the result of another task. */
  async tellWaiting(reservation: Reservation, awaited: string): Promise<void> {
    const { environment, store, insist, reporter } = this.#parts;
    const place = environment.slots.placeOf(awaited);
    if (!environment.slots.isFull() || place === "running") return;
    try {
      const read = (): Promise<({ readonly state: string } | null)[]> => store.results.get([awaited]);
      const [record] = place === "waiting" ? [] : await insist("results.get", read, reservation.signal);
      const state = place === "waiting" ? "PENDING" : record?.state;
      if (state === "PENDING" || state === "RETRY") reporter.waiting(reservation, awaited);
    } catch (error) {
      reporter.log.debug(`What ${reservation.label} waits for could not be looked at: ${messageOf(error)}`);
    }
  }

  async #step({ call, contract, verb, args }: StoreCall, reservation: Reservation | null): Promise<unknown> {
    const { store, environment, insist } = this.#parts;
    const name = `${contract}.${verb}`;
    if (name === "results.update")
      return environment.results.update(...(args as Parameters<typeof store.results.update>));
    if (name === "results.wait") return this.#wait(call, String(args[0]));
    if (name === "channel.subscribe") return this.#subscribe(call, String(args[0]));
    const owner = (contract === "store" ? store : Reflect.get(store, contract)) as Record<string, Verb>;
    const step = (): Promise<unknown> => owner[verb]!(...args);
    return reservation !== null && READS.has(name) ? insist(name, step, reservation.signal) : step();
  }

  async #wait(call: number, id: string): Promise<unknown> {
    const over = new AbortController();
    this.#ends.set(call, () => over.abort());
    try {
      return await this.#parts.store.results.wait(id, over.signal);
    } finally {
      this.#ends.delete(call);
    }
  }

  async #subscribe(call: number, topic: string): Promise<void> {
    const end = await this.#parts.store.channel.subscribe(topic, (payload) =>
      this.#child.send({ kind: "hint", subscription: call, payload }),
    );
    this.#ends.set(call, end);
  }
}
