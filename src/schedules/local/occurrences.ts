import type { EpochMs } from "../../core/clock.js";
import { MAX_INSTANT, WIDEST_SHIFT_MINUTES, type Segment, type Zone } from "../zone.js";
import type { LocalTimes } from "./local-times.js";
import type { DstPolicy } from "./dst.js";

/**
 * Turns matching local times into instants: docs/crontab-semantics.md, rules R2 to R7.
 *
 * Inside a segment of constant offset an occurrence is a local match minus the offset. Two things differ at
 * its edges. Minutes that were reached before (a fold) count as the policy says: the frontier of rule R3 is the
 * segment's `fresh`. Minutes that never came (a gap) are made up at the segment's start, or not at all.
 * So the occurrences of each segment are a set that depends on nothing else, and `next` and `previous` are
 * searches in it, one the mirror of the other.
 *
 * Numbers are in the calendar's unit (minute or second) unless their name says otherwise.
 */
export class Occurrences {
  readonly #calendar: LocalTimes;
  readonly #zone: Zone;
  readonly #policy: DstPolicy;
  readonly #unitMs: number;
  readonly #margin: number;
  readonly #cycle: number;

  constructor(calendar: LocalTimes, zone: Zone, policy: DstPolicy) {
    this.#calendar = calendar;
    this.#zone = zone;
    this.#policy = policy;
    this.#unitMs = 60_000 / calendar.perMinute;
    this.#margin = WIDEST_SHIFT_MINUTES * calendar.perMinute;
    this.#cycle = (calendar.horizonDays + 4) * calendar.perDay;
  }

  next(after: EpochMs): EpochMs | null {
    if (!(Math.abs(after) <= MAX_INSTANT)) return null; // NaN too
    const calendar = this.#calendar;
    const scale = calendar.perMinute;
    const { fold, gap } = this.#policy;
    let time = Math.floor(after / this.#unitMs) + 1;
    const limit = time + this.#cycle;
    while (time <= limit) {
      const segment = this.#zone.at(Math.floor(time / scale));
      const offset = segment.offset * scale;
      const end = (segment.end + segment.offset) * scale;
      let from = time + offset;
      if (fold === "first") from = Math.max(from, segment.fresh * scale);
      const match = calendar.next(from);
      let found =
        match < (fold === "second" ? Math.min(end, segment.echo * scale) : end) ? match - offset : Infinity;
      if (gap !== "skip" && time < this.#gapEnd(segment))
        found = Math.min(found, this.#gapFrom(segment, time));
      if (found !== Infinity) return this.#instant(found);
      if (match === Infinity) return null;
      // Nothing matches between here and `match`, so the segments between hold nothing either, unless this one's
      // end is so near that a fold may repeat what lies before `from`.
      time = segment.end * scale;
      if (from + this.#margin <= end) time = Math.max(time, match - offset - this.#margin);
    }
    return null;
  }

  previous(before: EpochMs): EpochMs | null {
    if (!(Math.abs(before) <= MAX_INSTANT)) return null;
    const calendar = this.#calendar;
    const scale = calendar.perMinute;
    const { fold, gap } = this.#policy;
    let time = Math.ceil(before / this.#unitMs) - 1;
    const limit = time - this.#cycle;
    while (time >= limit) {
      const segment = this.#zone.at(Math.floor(time / scale));
      const offset = segment.offset * scale;
      const start = (segment.start + segment.offset) * scale;
      let to = time + offset;
      if (fold === "second") to = Math.min(to, segment.echo * scale - 1);
      const match = calendar.previous(to);
      let found =
        match >= (fold === "first" ? Math.max(start, segment.fresh * scale) : start)
          ? match - offset
          : -Infinity;
      if (gap !== "skip" && found < this.#gapEnd(segment))
        found = Math.max(found, this.#gapUpTo(segment, time));
      if (found !== -Infinity) return this.#instant(found);
      if (match === -Infinity) return null;
      time = segment.start * scale - 1;
      if (to - this.#margin >= start) time = Math.min(time, match - offset + this.#margin);
    }
    return null;
  }

  /** Made-up runs of a segment's gap come before this; there is no gap when it is not after the segment's start. */
  #gapEnd(segment: Segment): number {
    return (segment.start + segment.offset - segment.previousOffset) * this.#calendar.perMinute;
  }

  /** The first made-up run of a segment's gap at or after `time`, or Infinity. */
  #gapFrom(segment: Segment, time: number): number {
    const scale = this.#calendar.perMinute;
    const end = (segment.start + segment.offset) * scale;
    const start = segment.start * scale;
    if (this.#policy.gap === "after") {
      return time <= start && this.#calendar.next(segment.fresh * scale) < end ? start : Infinity;
    }
    const before = segment.previousOffset * scale;
    const match = this.#calendar.next(Math.max(segment.fresh * scale, time + before));
    return match < end ? match - before : Infinity;
  }

  /** The last made-up run of a segment's gap at or before `time`, or -Infinity. */
  #gapUpTo(segment: Segment, time: number): number {
    const scale = this.#calendar.perMinute;
    const end = (segment.start + segment.offset) * scale;
    if (this.#policy.gap === "after") {
      return this.#calendar.previous(end - 1) >= segment.fresh * scale ? segment.start * scale : -Infinity;
    }
    const before = segment.previousOffset * scale;
    const match = this.#calendar.previous(Math.min(end - 1, time + before));
    return match >= segment.fresh * scale ? match - before : -Infinity;
  }

  #instant(time: number): EpochMs | null {
    const instant = time * this.#unitMs;
    return Math.abs(instant) <= MAX_INSTANT ? instant : null;
  }
}
