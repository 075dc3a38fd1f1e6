import type { EpochMs } from "../../core/clock.js";
import type { StatStep } from "../contracts/history.js";
import { RINGS, type StatKind, type StatRecords } from "../rules/stats.js";
import type { MemoryState } from "./state.js";

function placeOf(step: StatStep, at: EpochMs, kind: StatKind, name: string): string {
  const { stepMs, slots } = RINGS[step];
  return `${step} ${(at / stepMs) % slots} ${kind} ${name}`;
}

export class MemoryStats implements StatRecords {
  readonly #state: MemoryState;

  constructor(state: MemoryState) {
    this.#state = state;
  }

  slot(step: StatStep, at: EpochMs, kind: StatKind, name: string): string | null {
    const slot = this.#state.stats.slots.get(placeOf(step, at, kind, name));
    return slot?.at === at ? slot.text : null;
  }

  put(step: StatStep, at: EpochMs, kind: StatKind, name: string, text: string): void {
    const { slots, names } = this.#state.stats;
    slots.set(placeOf(step, at, kind, name), { at, text });
    names[kind].set(name, Math.max(at, names[kind].get(name) ?? 0));
  }

  names(kind: StatKind): readonly string[] {
    return [...this.#state.stats.names[kind].keys()];
  }

  addName(kind: StatKind, name: string): void {
    this.#state.stats.names[kind].set(name, this.#state.now);
  }

  dropNames(before: EpochMs): void {
    const { slots, names } = this.#state.stats;
    for (const kind of ["task", "queue"] as const) {
      for (const [name, at] of names[kind]) {
        if (at >= before) continue;
        names[kind].delete(name);
        for (const place of slots.keys()) if (place.endsWith(` ${kind} ${name}`)) slots.delete(place);
      }
    }
  }

  lastNumber(boot: string): number | null {
    return this.#state.stats.boots.get(boot)?.number ?? null;
  }

  setLastNumber(boot: string, number: number): void {
    this.#state.stats.boots.set(boot, { number, at: this.#state.now });
  }

  dropBoots(before: EpochMs): void {
    const { boots } = this.#state.stats;
    for (const [boot, { at }] of boots) if (at < before) boots.delete(boot);
  }

  rolledTo(step: StatStep): EpochMs | null {
    return this.#state.stats.rolled.get(step) ?? null;
  }

  setRolledTo(step: StatStep, at: EpochMs): void {
    this.#state.stats.rolled.set(step, at);
  }
}
