/**
 * When those who wait for a result look by themselves: a message ends where it waits when it expires, and nobody writes
 * that. One that waits is looked at at that instant. One that a worker has, and one that is not there yet, may come to wait
 * later: by another process at any time, so a shared file is looked at by the fallback poll; by this one only in a step.
 */
import type { Clock, Timer } from "../../core/clock.js";
import { isSunbeatError, type StoreError } from "../../core/errors.js";
import type { StoredResult } from "../contracts/results.js";
import type { Told } from "../rules/results.js";
import type { News } from "./transaction.js";

/** Nobody sleeps longer, since the clock may be set meanwhile. */
const FALLBACK_POLL_MS = 5_000;

export interface Looking {
  /** What a look finds once the task has ended. */
  readonly ended: Promise<StoredResult | null>;
  end(): void;
}

export class Looks {
  readonly #clock: Clock;
  readonly #shared: boolean;
  /** Those that look once this process has moved a message. */
  readonly #idle = new Set<() => void>();
  /** Steps of this process that moved messages. */
  #moves = 0;

  constructor(clock: Clock, shared: boolean) {
    this.#clock = clock;
    this.#shared = shared;
  }

  /** After a committed step of this process. */
  tell({ movesMessages }: News): void {
    if (!movesMessages) return;
    this.#moves++;
    if (this.#idle.size === 0) return;
    for (const arm of this.#idle) arm();
    this.#idle.clear();
  }

  get moves(): number {
    return this.#moves;
  }

  /** `first` is what a look found that began when there were so many `moves`. */
  begin(first: Told, moves: number, look: () => Promise<Told>): Looking {
    let timer: Timer | null = null;
    let isOver = false;
    let wake: () => void = () => undefined;
    const ended = new Promise<StoredResult | null>((resolve, reject) => {
      const arm = (leftMs: number): void => {
        if (!isOver) timer = this.#clock.after(Math.min(leftMs, FALLBACK_POLL_MS), again);
      };
      const sleep = ({ expires, now }: Told, since: number): void => {
        if (expires !== null) arm(expires - now);
        else if (this.#shared || this.#moves > since) arm(FALLBACK_POLL_MS);
        else if (!isOver) this.#idle.add(wake);
      };
      const again = (): void => {
        const since = this.#moves;
        look().then(
          (found) => {
            if (found.isOver) resolve(found.record);
            else sleep(found, since);
          },
          (error: Error) => {
            // A file that is locked is looked at again.
            if (isSunbeatError(error) && (error as StoreError).retryable) arm(FALLBACK_POLL_MS);
            else reject(error);
          },
        );
      };
      wake = () => arm(FALLBACK_POLL_MS);
      sleep(first, moves);
    });
    const end = (): void => {
      isOver = true;
      timer?.cancel();
      this.#idle.delete(wake);
    };
    return { ended, end };
  }
}
