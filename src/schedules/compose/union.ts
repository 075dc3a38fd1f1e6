import type { EpochMs } from "../../core/clock.js";
import { fnv1a } from "../../core/fnv.js";
import type { Lint, LintOptions, Schedule, ScheduleJSON, ScheduleNote } from "../schedule.js";
import type { Language } from "../telling/language.js";
import { textOf } from "../telling/text-of.js";
import { MOST_NOTES } from "./filter-notes.js";
import {
  daysOffIn,
  depthOf,
  followingOf,
  jsonOf,
  knowsPast,
  nightsOf,
  previousOf,
  sortedByText,
  type DayOff,
  type Rule,
} from "./rule.js";
import { unionLints } from "./union-lints.js";
import { beginSearch, endSearch, shareOf } from "./work.js";

/** A new model of the Sun moves events by seconds: so near a due instant is the event that it was. */
const NEAR_MS = 30_000;

/** The occurrences of any of its members, equal instants once. */
export class UnionRule implements Rule {
  readonly members: readonly Schedule[];
  readonly depth: number;
  readonly knowsPast: boolean;
  readonly parts = null;
  readonly zoneName = undefined;
  readonly separationMs = undefined;
  #ordered: readonly Schedule[] | undefined;

  constructor(members: readonly Schedule[]) {
    this.members = members;
    this.depth = Math.max(...members.map(depthOf)) + 1;
    this.knowsPast = members.every(knowsPast);
  }

  /** The members in one order, whoever wrote them in which, those that say the same once. */
  get ordered(): readonly Schedule[] {
    if (this.#ordered !== undefined) return this.#ordered;
    const ours = this.members.filter((member) => jsonOf(member).type !== "custom");
    const custom = this.members.filter((member) => jsonOf(member).type === "custom");
    return (this.#ordered = [...sortedByText(ours, jsonOf), ...custom]);
  }

  next(after: EpochMs): EpochMs | null {
    let first = Infinity;
    for (const member of this.members)
      first = Math.min(first, this.#asked(member, "next", after) ?? Infinity);
    return first === Infinity ? null : first;
  }

  /** Null where a member does not know what came before. */
  previous(before: EpochMs): EpochMs | null {
    if (!this.knowsPast) return null;
    let last = -Infinity;
    for (const member of this.members) {
      last = Math.max(last, this.#asked(member, "previous", before) ?? -Infinity);
    }
    return last === -Infinity ? null : last;
  }

  /** Each member may spend its share of the work that a search is allowed. */
  #asked(member: Schedule, verb: "next" | "previous", at: EpochMs): EpochMs | null {
    const isOutermost = beginSearch(shareOf(this.members.length));
    try {
      return verb === "next" ? member.next(at) : previousOf(member, at);
    } finally {
      if (isOutermost) endSearch();
    }
  }

  /** The owner keeps its separation; the ticks of the others within it are not swallowed. */
  following(due: EpochMs): EpochMs | null {
    const owner = this.#ownerOf(due);
    let first = Infinity;
    for (const member of this.members) {
      const at = member === owner ? followingOf(member, due) : member.next(due);
      first = Math.min(first, at ?? Infinity);
    }
    return first === Infinity ? null : first;
  }

  occurrenceKey = (due: EpochMs): string | undefined => {
    const owner = this.#ownerOf(due);
    const key = owner?.occurrenceKey?.(due);
    return key === undefined ? undefined : `${key}.${fnv1a(JSON.stringify(jsonOf(owner!))).toString(36)}`;
  };

  /** An exact member that is due just then, else a member with a model that is, else the nearest one with a model. */
  #ownerOf(due: EpochMs): Schedule | undefined {
    const exact = this.ordered.filter((member) => member.next(due - 1) === due);
    const plain = exact.find((member) => member.separationMs === undefined);
    if (plain !== undefined || exact.length > 0) return plain ?? exact[0];
    let owner: Schedule | undefined;
    let nearest = NEAR_MS;
    for (const member of this.ordered) {
      if (member.separationMs === undefined) continue;
      for (const at of [member.next(due), previousOf(member, due)]) {
        if (at === null || Math.abs(at - due) > nearest) continue;
        owner = member;
        nearest = Math.abs(at - due);
      }
    }
    return owner;
  }

  tell(language: Language): string {
    return this.ordered.map((member) => textOf(member, language)).join(language.joint);
  }

  lints(options: LintOptions): Lint[] {
    return unionLints(this.ordered, options);
  }

  notes(from: EpochMs, to: EpochMs): readonly ScheduleNote[] {
    const notes = this.ordered.flatMap((member) => member.notes?.(from, to) ?? []);
    return notes.sort((a, b) => a.at - b.at).slice(0, MOST_NOTES);
  }

  nights(from: EpochMs, to: EpochMs): readonly ScheduleNote[] {
    return this.ordered.flatMap((member) => nightsOf(member, from, to)).sort((a, b) => a.at - b.at);
  }

  daysOff(from: EpochMs, to: EpochMs): readonly DayOff[] {
    return this.ordered.flatMap((member) => daysOffIn(member, from, to));
  }

  toJSON(): ScheduleJSON {
    const [first, ...more] = this.ordered;
    if (this.members.length > 1 && more.length === 0) return jsonOf(first!);
    return { type: "union", of: this.ordered.map(jsonOf) };
  }

  withDefaults(bind: (schedule: Schedule) => Schedule): UnionRule {
    return new UnionRule(new UnionRule(this.members.map(bind)).ordered);
  }
}
