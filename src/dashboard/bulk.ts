/** What is done to many tasks: in steps, in this process, told as it goes, and stopped when somebody says so. */
import type { AppCore } from "../app/index.js";
import type { EpochMs } from "../core/clock.js";
import { isSunbeatError, messageOf } from "../core/errors.js";
import { invalidOption } from "../core/options.js";
import { type LetterFilter, letterPages } from "./letters.js";
import { Refusal } from "./problem.js";
import { browseWaiting, type Waiting } from "./waiting.js";

export const BULK_ACTIONS = ["retry", "run", "revoke", "terminate", "forget", "delete"] as const;
export type BulkAction = (typeof BULK_ACTIONS)[number];

export type BulkTarget =
  | { readonly ids: readonly string[] }
  /** Of records, in the words of a search. */
  | { readonly q: string }
  | { readonly waiting: Waiting }
  | { readonly letters: LetterFilter };

export interface BulkJob {
  readonly id: string;
  readonly action: BulkAction;
  readonly target: BulkTarget;
  readonly by: string;
  readonly startedAt: EpochMs;
  readonly state: "running" | "done" | "stopped" | "failed";
  readonly found: number;
  readonly done: number;
  /** Nothing was to be done to them. */
  readonly skipped: number;
  /** Null: nothing went wrong. */
  readonly problem: string | null;
}

export interface DryRun {
  /** To which it would be done, as far as that can be told before. */
  readonly found: number;
  /** False: at least so many. */
  readonly isAll: boolean;
}

export const MOST_IDS = 1_000;
const STEP = 500;
const KEPT_JOBS = 100;
/** A dry run counts so many. */
const MOST_COUNTED = 5_000;

interface Running {
  job: BulkJob;
  isStopped: boolean;
}

type Step = (ids: readonly string[]) => Promise<number>;

export class BulkJobs {
  readonly #core: AppCore;
  readonly #jobs = new Map<string, Running>();

  constructor(core: AppCore) {
    this.#core = core;
  }

  async dryRun(action: BulkAction, target: BulkTarget): Promise<DryRun> {
    if ("ids" in target) return { found: new Set(target.ids).size, isAll: true };
    assertGoesWith(action, target);
    if ("q" in target && action === "retry") {
      const { retried, isAll } = await this.#core.tasks.retry({ query: target.q }, { dryRun: true });
      return { found: retried, isAll };
    }
    let found = 0;
    for await (const ids of this.#steps(target)) {
      found += ids.length;
      if (found >= MOST_COUNTED) return { found, isAll: false };
    }
    return { found, isAll: true };
  }

  /** Begins; `get` tells how far it is. */
  start(action: BulkAction, target: BulkTarget, by: string): BulkJob {
    assertGoesWith(action, target);
    const { random, clock } = this.#core;
    const job: BulkJob = {
      ...{ id: random.uuid(), action, target, by, startedAt: clock.now() },
      ...{ state: "running", found: 0, done: 0, skipped: 0, problem: null },
    };
    const running: Running = { job, isStopped: false };
    this.#jobs.set(job.id, running);
    for (const [id, old] of this.#jobs) {
      if (this.#jobs.size <= KEPT_JOBS) break;
      if (old.job.state !== "running") this.#jobs.delete(id);
    }
    void this.#run(running);
    return job;
  }

  get(id: string): BulkJob {
    return this.#find(id).job;
  }

  /** After the step that it is at. */
  stop(id: string): BulkJob {
    const running = this.#find(id);
    running.isStopped = true;
    return running.job;
  }

  close(): void {
    for (const running of this.#jobs.values()) running.isStopped = true;
  }

  #find(id: string): Running {
    const running = this.#jobs.get(id);
    if (running) return running;
    throw new Refusal(
      404,
      "SUNBEAT_OPTION_INVALID",
      "no such job is known here: it ran in another process, or long ago",
    );
  }

  async #run(running: Running): Promise<void> {
    const { action, target } = running.job;
    const told = (change: Partial<BulkJob>): void => void (running.job = { ...running.job, ...change });
    try {
      if ("q" in target && action === "retry") {
        const counts = await this.#core.tasks.retry(
          { query: target.q },
          {
            onProgress: ({ found, retried, skipped }) => {
              told({ found, done: retried, skipped });
              return !running.isStopped;
            },
          },
        );
        told({ found: counts.found, done: counts.retried, skipped: counts.skipped });
      } else {
        const step = this.#stepOf(action);
        for await (const ids of this.#steps(target)) {
          if (running.isStopped) break;
          const done = await step(ids);
          const { job } = running;
          told({
            found: job.found + ids.length,
            done: job.done + done,
            skipped: job.skipped + ids.length - done,
          });
        }
      }
      told({ state: running.isStopped ? "stopped" : "done" });
    } catch (error) {
      told({ state: "failed", problem: messageOf(error) });
    }
  }

  #stepOf(action: BulkAction): Step {
    const { tasks, dead } = this.#core;
    const all =
      (work: (ids: readonly string[]) => Promise<unknown>): Step =>
      async (ids) => {
        await work(ids);
        return ids.length;
      };
    switch (action) {
      case "retry":
        return async (ids) => (await tasks.retry(ids)).retried;
      case "run":
        return (ids) => this.#runEach(ids);
      case "revoke":
        return all((ids) => tasks.revoke(ids));
      case "terminate":
        return all((ids) => tasks.revoke(ids, { terminate: true }));
      case "forget":
        return all((ids) => Promise.all(ids.map((id) => this.#core.result(id).forget())));
      case "delete":
        return (ids) => dead.delete(ids);
    }
  }

  /** Those whose arguments are not whole in their records are left out. */
  async #runEach(ids: readonly string[]): Promise<number> {
    let done = 0;
    for (const id of ids) {
      try {
        await this.#core.tasks.run(id);
        done++;
      } catch (error) {
        if (!isSunbeatError(error) || error.code !== "SUNBEAT_TASK_UNKNOWN") throw error;
      }
    }
    return done;
  }

  #steps(target: BulkTarget): AsyncGenerator<readonly string[]> {
    if ("ids" in target) return stepsOf(target.ids);
    if ("q" in target) return this.#found(target.q);
    if ("letters" in target) return letterPages(this.#core, target.letters);
    return this.#waiting(target.waiting);
  }

  /** From the newest back: what ends while it is going on is not met. */
  async *#found(q: string): AsyncGenerator<readonly string[]> {
    const seen = new Set<string>();
    for (let cursor: string | undefined; ;) {
      const page = await this.#core.tasks.search(q, { cursor, limit: STEP });
      const ids = [...new Set(page.rows.map(({ id }) => id))].filter((id) => !seen.has(id));
      for (const id of ids) seen.add(id);
      if (ids.length > 0) yield ids;
      if (page.next === null) return;
      cursor = page.next;
    }
  }

  /** Pages of ids. What is revoked leaves its state, and the page behind it is still the next. */
  async *#waiting(waiting: Waiting): AsyncGenerator<readonly string[]> {
    for (let cursor: string | undefined; ;) {
      const page = await browseWaiting(this.#core, waiting, { cursor, limit: STEP });
      if (page.messages.length > 0) yield page.messages.map(({ id }) => id);
      if (page.next === null) return;
      cursor = page.next;
    }
  }
}

async function* stepsOf(ids: readonly string[]): AsyncGenerator<readonly string[]> {
  const all = [...new Set(ids)];
  for (let from = 0; from < all.length; from += STEP) yield all.slice(from, from + STEP);
}

/** A search finds what has ended, and a queue holds what has not. */
const GO_WITH = {
  q: ["retry", "run", "forget"],
  waiting: ["revoke", "terminate"],
  letters: ["retry", "delete"],
} as const satisfies Record<string, readonly BulkAction[]>;

function assertGoesWith(action: BulkAction, target: BulkTarget): void {
  for (const [by, actions] of Object.entries(GO_WITH)) {
    if (by in target && !(actions as readonly BulkAction[]).includes(action))
      throw invalidOption("bulk: action", `with ${by} one of ${actions.join(", ")}`, action);
  }
}
