/** Keeps messages for a syslog server that may be away, and its connection alive. */
import { type Clock, type Timer } from "../core/clock.js";
import { backoffMs } from "../core/patience.js";
import type { Random } from "../core/random.js";
import type { OpenWire, Wire } from "./syslog-wire.js";

/** Messages that are kept while the server is away. */
export const MOST_KEPT = 1_000;
/** A flush waits no longer. */
const FLUSH_MS = 1_000;

export interface SenderParts {
  readonly transport: "udp" | "tcp" | "tls";
  readonly host: string;
  readonly port: number;
  readonly clock: Clock;
  readonly random: Random;
  /** The message that tells how many were dropped. */
  readonly dropped: (count: number) => Buffer;
  /** Default: sockets. Loaded at the first message. */
  readonly open?: OpenWire;
}

export class SyslogSender {
  readonly #parts: SenderParts;
  /** Not yet taken by the system, the oldest first; the first `#underway` of them were given to it. */
  readonly #kept: Buffer[] = [];
  #underway = 0;
  #dropped = 0;
  #wire: Wire | null = null;
  #state: "idle" | "connecting" | "connected" | "waiting" | "closed" = "idle";
  #failures = 0;
  #pause: Timer | null = null;
  readonly #flushes = new Set<() => void>();

  constructor(parts: SenderParts) {
    this.#parts = parts;
  }

  send(message: Buffer): void {
    if (this.#state === "closed") return;
    if (this.#kept.length >= MOST_KEPT) {
      this.#dropped++;
      return;
    }
    this.#kept.push(message);
    if (this.#state === "idle") void this.#connect();
    else if (this.#state === "connected") this.#pump();
  }

  async flush(): Promise<void> {
    if (this.#kept.length === 0) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        timer.cancel();
        this.#flushes.delete(done);
        resolve();
      };
      const timer = this.#parts.clock.after(FLUSH_MS, done);
      this.#flushes.add(done);
    });
  }

  async close(): Promise<void> {
    await this.flush();
    this.#state = "closed";
    this.#pause?.cancel();
    this.#wire?.close();
    this.#wire = null;
  }

  async #connect(): Promise<void> {
    this.#state = "connecting";
    const { open = (await import("./syslog-wire.js")).openWire, transport, host, port } = this.#parts;
    if (this.#isClosed) return;
    const wire = open(
      { transport, host, port },
      {
        onOpen: () => wire === this.#wire && this.#opened(),
        onRoom: () => wire === this.#wire && this.#pump(),
        onDown: () => wire === this.#wire && this.#down(),
      },
    );
    this.#wire = wire;
  }

  get #isClosed(): boolean {
    return this.#state === "closed";
  }

  #opened(): void {
    this.#state = "connected";
    this.#pump();
  }

  #pump(): void {
    const wire = this.#wire!;
    while (this.#underway < this.#kept.length && wire.hasRoom) {
      const message = this.#kept[this.#underway++]!;
      wire.send(message, () => wire === this.#wire && this.#sent());
    }
    if (this.#kept.length === 0) for (const done of this.#flushes) done();
  }

  /** The system has the oldest of those that were given to it. */
  #sent(): void {
    this.#failures = 0;
    this.#kept.shift();
    this.#underway--;
    if (this.#dropped > 0 && this.#kept.length < MOST_KEPT) {
      this.#kept.push(this.#parts.dropped(this.#dropped));
      this.#dropped = 0;
    }
    this.#pump();
  }

  #down(): void {
    this.#wire?.close();
    this.#wire = null;
    this.#underway = 0; // they are sent again: one twice is better than one lost
    this.#state = "waiting";
    const { clock, random } = this.#parts;
    this.#pause = clock.after(backoffMs(this.#failures++, random), () => void this.#connect());
    this.#pause.unref?.();
  }
}
