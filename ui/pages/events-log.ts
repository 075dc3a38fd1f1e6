/** What the page has heard: the newest, how many a second, and what was missed. */
import { type LiveEvent, onEvents, onStale } from "../lib/live.js";

export interface Heard {
  readonly number: number;
  readonly event: LiveEvent;
}

const KEPT = 2_000;
const RATE_MS = 10_000;

export class EventLog {
  /** Newest first; while it is paused what was there then. */
  shown: readonly Heard[] = [];
  heard = 0;
  lost = 0;
  #kept: Heard[] = [];
  #times: { readonly at: number; readonly type: string }[] = [];
  #isPaused = false;
  #heardAtPause = 0;

  /** Gives the function that ends it. */
  follow(changed: () => void): () => void {
    const ends = [
      onEvents((events, leftOut) => {
        this.#hear(events, leftOut);
        changed();
      }),
      onStale((what) => {
        if (what !== "all") return;
        // The stream was cut for longer than the server keeps: nobody knows how many were missed.
        this.lost++;
        changed();
      }),
    ];
    return () => {
      for (const end of ends) end();
    };
  }

  pause(isPaused: boolean): void {
    this.#isPaused = isPaused;
    this.#heardAtPause = this.heard;
    if (!isPaused) this.shown = this.#kept;
  }

  /** Came since the pause. */
  get waiting(): number {
    return this.heard - this.#heardAtPause;
  }

  /** A second, by type, over the last ten seconds; most first. */
  get rates(): readonly (readonly [type: string, rate: number])[] {
    const from = Date.now() - RATE_MS;
    this.#times = this.#times.filter(({ at }) => at >= from);
    const counts = new Map<string, number>();
    for (const { type } of this.#times) counts.set(type, (counts.get(type) ?? 0) + 1);
    return [...counts]
      .map(([type, number]) => [type, number / (RATE_MS / 1_000)] as const)
      .sort(([, a], [, b]) => b - a);
  }

  #hear(events: readonly LiveEvent[], leftOut: number): void {
    const at = Date.now();
    this.lost += leftOut;
    const fresh: Heard[] = [];
    for (const event of events) {
      if (event.type === "events-lost") this.lost += Number(event["count"]);
      fresh.push({ number: ++this.heard, event });
      this.#times.push({ at, type: event.type });
    }
    this.#kept = [...fresh.reverse(), ...this.#kept].slice(0, KEPT);
    if (!this.#isPaused) this.shown = this.#kept;
  }
}

/** `types`: names with `*`, parted by commas; none: all. `text`: case does not count. */
export function matcher(types: string, text: string): (event: LiveEvent) => boolean {
  const wanted = types.split(",").filter((type) => type !== "");
  const words = text.trim().toLowerCase();
  return (event) =>
    (wanted.length === 0 || wanted.some((type) => fits(type, event.type))) &&
    (words === "" || JSON.stringify(event).toLowerCase().includes(words));
}

const fits = (pattern: string, type: string): boolean =>
  pattern.endsWith("*") ? type.startsWith(pattern.slice(0, -1)) : type === pattern;
