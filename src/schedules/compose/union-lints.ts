import type { EpochMs } from "../../core/clock.js";
import type { Lint, LintOptions, Schedule } from "../schedule.js";
import { ENGLISH } from "../telling/english.js";
import { textOf } from "../telling/text-of.js";
import { beginSearch, endSearch, isSpent, spend } from "./work.js";

/** Members that meet within this are told of, and so many units are spent on each pair. */
const HORIZON_MS = 366 * 86_400_000;
const PAIR_BUDGET = 10_000;
const MOST_PAIRS = 100;

/** The lints of the members, and that two of them share instants. */
export function unionLints(members: readonly Schedule[], options: LintOptions): Lint[] {
  const seen = new Set<string>();
  const inner = members
    .flatMap((member) => (member.lints?.(options) ?? []).map((lint) => ofMember(member, members, lint)))
    .filter((lint) => seen.size < seen.add(JSON.stringify(lint)).size);
  return [...inner, ...(options.from === undefined ? [] : meetingLints(members, options.from))];
}

/** That one member never fires is not said of the whole. */
function ofMember(member: Schedule, { length }: readonly Schedule[], lint: Lint): Lint {
  const isWhole = length === 1 || lint.code !== "never";
  return isWhole ? lint : { ...lint, message: `${textOf(member, ENGLISH)}: ${lint.message}` };
}

function meetingLints(members: readonly Schedule[], from: EpochMs): Lint[] {
  let pairs = 0;
  for (const [i, member] of members.entries()) {
    for (const other of members.slice(i + 1)) {
      if (++pairs > MOST_PAIRS) return [];
      const at = meetingOf(member, other, from);
      if (at === null) continue;
      const when = new Date(at).toISOString().replace(/(?::00)?\.000Z$/, "Z");
      const message = `"${textOf(member, ENGLISH)}" and "${textOf(other, ENGLISH)}" are both due at ${when}: they run once then`;
      return [{ code: "members-meet", field: "schedule", message }];
    }
  }
  return [];
}

/** The first instant of both within the horizon, as far as the work for a pair goes. */
function meetingOf(one: Schedule, other: Schedule, from: EpochMs): EpochMs | null {
  const isOutermost = beginSearch(PAIR_BUDGET);
  try {
    let a = one.next(from);
    let b = other.next(from);
    while (a !== null && b !== null && Math.max(a, b) <= from + HORIZON_MS && !spend(1) && !isSpent()) {
      if (a === b) return a;
      if (a < b) a = one.next(b - 1);
      else b = other.next(a - 1);
    }
    return null;
  } finally {
    if (isOutermost) endSearch();
  }
}
