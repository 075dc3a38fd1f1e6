import type { Clock, Timer } from "../../core/clock.js";
import { formatDuration } from "../../core/duration.js";
import { ConfigurationError, messageOf } from "../../core/errors.js";
import type { ChildEnd } from "../outcome.js";
import type { Child, ChildEvents } from "./child.js";
import { errorFromWire, type FromChild, type Setup, type ToChild } from "./wire.js";

/** Apps may be large, and machines busy. */
const START_LIMIT_MS = 60_000;
/** One that ends so soon after it was ready, without a run, cannot take one. */
const READY_MOMENT_MS = 1_000;
/** A child that is asked to leave is killed after so long. */
const LEAVE_LIMIT_MS = 2_000;
/** Of what it writes before it is ready: what Node says of an option that it does not know, for instance. */
const MOST_LAST_WORDS = 2_000;

export interface MemberParts {
  readonly clock: Clock;
  readonly setup: Setup;
  /** Throws where it cannot. */
  readonly start: (events: ChildEvents) => Child;
}

export interface MemberEvents {
  /** `tasks`: the revisions of those that it has. */
  onReady(member: Member, tasks: Readonly<Record<string, number>>): void;
  onMessage(member: Member, message: FromChild): void;
  onOutput(member: Member, stream: "stdout" | "stderr", chunk: Buffer): void;
  /** Once. `error`: why it could never take a run; null: it could. */
  onDown(member: Member, end: ChildEnd, error: Error | null): void;
}

/** One child from its start to its end. */
export class Member {
  readonly #events: MemberEvents;
  readonly #clock: Clock;
  readonly #child: Child | null;
  #limit: Timer;
  #state: "starting" | "ready" | "leaving" | "down" = "starting";
  #unfit: Error | null = null;
  #lastWords = "";
  #readyAt = Infinity;
  /** Runs that it has ended. */
  runs = 0;
  memoryBytes = 0;
  /** Resolves when it is gone. */
  readonly gone: Promise<void>;
  #isGone!: () => void;

  constructor({ clock, setup, start }: MemberParts, events: MemberEvents) {
    this.#clock = clock;
    this.#events = events;
    this.gone = new Promise((resolve) => (this.#isGone = resolve));
    this.#limit = clock.after(START_LIMIT_MS, () => {
      this.#unfit = notReady(`was not ready within ${formatDuration(START_LIMIT_MS)}`);
      this.kill();
    });
    this.#child = this.#started(start);
    this.send({ kind: "setup", setup });
  }

  get ready(): boolean {
    return this.#state === "ready";
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  get thread(): number | undefined {
    return this.#child?.thread;
  }

  get label(): string {
    return this.thread === undefined ? `child ${this.pid}` : `thread ${this.thread}`;
  }

  send(message: ToChild): void {
    if (this.#state !== "down") this.#child?.send(message);
  }

  stop(order: Parameters<Child["stop"]>[0]): void {
    if (this.#state !== "down") this.#child?.stop(order);
  }

  kill(): void {
    if (this.#state !== "down") this.#child?.kill();
  }

  /** It takes no run any more, and has some time to close what it has open. */
  leave(): void {
    if (this.#state === "down" || this.#state === "leaving") return;
    const wasReady = this.ready;
    this.#state = "leaving";
    this.#limit.cancel();
    if (!wasReady) return this.kill();
    this.send({ kind: "leave" });
    this.#limit = this.#clock.after(LEAVE_LIMIT_MS, () => this.kill());
  }

  #started(start: MemberParts["start"]): Child | null {
    try {
      return start({
        onMessage: (message) => this.#heard(message),
        onOutput: (stream, chunk) => {
          if (this.#state === "starting") this.#note(chunk);
          this.#events.onOutput(this, stream, chunk);
        },
        onMemory: (bytes) => (this.memoryBytes = bytes),
        onExit: (end) => this.#down(end),
      });
    } catch (error) {
      const how = `could not be started: ${messageOf(error)}`;
      this.#clock.soon(() => this.#down({ how, exit: null, signal: null }));
      return null;
    }
  }

  #heard(message: FromChild): void {
    if (message.kind === "ready") {
      if (this.#state !== "starting") return;
      this.#state = "ready";
      this.#readyAt = this.#clock.monotonicMs();
      this.#limit.cancel();
      this.#lastWords = "";
      this.#events.onReady(this, message.tasks);
    } else if (message.kind === "unfit") this.#unfit = errorFromWire(message.error);
    else this.#events.onMessage(this, message);
  }

  #note(chunk: Buffer): void {
    this.#lastWords = (this.#lastWords + chunk.toString()).slice(-MOST_LAST_WORDS);
  }

  #down(end: ChildEnd): void {
    if (this.#state === "down") return;
    this.#state = "down";
    this.#limit.cancel();
    this.#isGone();
    const livedMs = this.#clock.monotonicMs() - this.#readyAt;
    const words = this.#lastWords.trim();
    const told = words === "" ? end.how : `${end.how}; it wrote: ${words}`;
    const error = !(livedMs > READY_MOMENT_MS) && this.runs === 0 ? (this.#unfit ?? notReady(told)) : null;
    this.#events.onDown(this, end, error);
  }
}

function notReady(how: string): ConfigurationError {
  return new ConfigurationError(
    "SUNBEAT_APP_LOAD_FAILED",
    `a child of the worker could not take a run: it ${how}`,
  );
}
