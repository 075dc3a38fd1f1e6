import type { EpochMs } from "../../core/clock.js";
import type { Edge, TimeWindow, WindowOptions } from "../schedule.js";
import { ENGLISH } from "../telling/english.js";
import { zone } from "../zone.js";
import { pieceOf } from "./compile.js";
import { tellSpec } from "./describe.js";
import type { Piece } from "./piece.js";
import { negated, SPEC, specOf, type WindowSpec } from "./spec.js";
import { specToJSON } from "./json.js";

class Window implements TimeWindow {
  readonly [SPEC]: WindowSpec;
  #piece: Piece | undefined;

  constructor(spec: WindowSpec) {
    this[SPEC] = spec;
    Object.freeze(this);
  }

  has(at: EpochMs): boolean {
    const spec = this[SPEC];
    this.#piece ??= pieceOf(spec, zone(spec.timezone ?? "UTC"), {});
    return this.#piece.has(at);
  }

  not(): TimeWindow {
    return new Window(negated(this[SPEC]));
  }

  describe(): string {
    return tellSpec(this[SPEC], ENGLISH);
  }

  toJSON(): object {
    return specToJSON(this[SPEC], (schedule) => schedule.toJSON?.() ?? { type: "custom" });
  }
}

/**
 * The time from one edge until before another: times of day (`during("22:00", "06:00", { days: "mon-fri" })`), events of
 * the Sun, or any two schedules. A `to` that is not later than `from` goes over midnight. Throws SUNBEAT_WINDOW_INVALID.
 */
export function during(from: Edge, to: Edge, options: WindowOptions = {}): TimeWindow {
  return new Window(specOf(from, to, options));
}
