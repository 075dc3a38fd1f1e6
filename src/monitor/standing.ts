/**
 * What becomes of alerts after a look: first seen, raised, told again, cleared. Pure. All that is remembered between two looks is in the
 * store, so whoever watches next goes on where the last one stopped.
 *
 * - Raised: after two looks in a row; where the rule has a wait of its own, once that is over.
 * - Cleared: after two good looks in a row.
 * - Nothing is raised by a process that has been in touch with the store for less than `SETTLE_MS`: after a start, an outage or a
 *   jump of the clock all is overdue for a moment, and nobody has failed.
 */
import type { EpochMs } from "../core/clock.js";
import type { AlertMute, AlertPut, AlertRecord } from "../store/contracts/alerts.js";
import { ALERT_KINDS, type AlertKind, TOLD_KINDS } from "./kinds.js";
import type { AlertsConfig } from "./options.js";
import type { Finding, Judgement } from "./rules.js";

export const SETTLE_MS = 30_000;
const TOLD_FOR_MS = 3_600_000;
/** Looks in a row that raise, and that clear. */
const LOOKS = 2;

export interface Change {
  readonly put: Omit<AlertPut, "webhooks">;
  /** Version that is to be there; null: none stands. */
  readonly expect: number | null;
  /** What people are told; null: nothing. */
  readonly tell: "raised" | "repeated" | "cleared" | null;
}

export interface Round {
  readonly at: EpochMs;
  /** Since when this process has been in touch with the store without a gap. */
  readonly steadyFrom: EpochMs;
  readonly judgement: Judgement;
  /** All that stand, and those that were seen. */
  readonly standing: readonly AlertRecord[];
  readonly mutes: readonly AlertMute[];
  readonly config: Pick<AlertsConfig, "rules" | "repeatMs">;
  readonly newId: () => string;
}

export interface RoundReply {
  readonly changes: readonly Change[];
  /** When a wait ends, if nothing changes until then; null: none does. */
  readonly nextAt: EpochMs | null;
}

const keyOf = ({ kind, subject }: { readonly kind: string; readonly subject: string }): string =>
  `${kind} ${subject}`;

/** A mute of "*" is one of all subjects, or of all kinds. */
export function isMuted(mutes: readonly AlertMute[], kind: string, subject: string): boolean {
  return mutes.some(
    (mute) => (mute.kind === kind || mute.kind === "*") && (mute.subject === subject || mute.subject === "*"),
  );
}

export function nextStanding(round: Round): RoundReply {
  const { judgement, standing, mutes } = round;
  const known = new Map(standing.map((record) => [keyOf(record), record]));
  const changes: Change[] = [];
  const bad = new Set<string>();
  let nextAt = Infinity;
  for (const finding of judgement.findings) {
    if (isMuted(mutes, finding.kind, finding.subject)) continue;
    const record = known.get(keyOf(finding)) ?? null;
    const found = finding.kind === "dead-letters" ? grown(finding, record, round) : { finding, changes: [] };
    changes.push(...found.changes);
    bad.add(keyOf(finding));
    if (found.finding === null) continue;
    const { change, waitsUntil } = worsen(found.finding, record, round);
    if (change !== null) changes.push(change);
    nextAt = Math.min(nextAt, waitsUntil);
  }
  for (const record of standing) {
    if (!bad.has(keyOf(record)) && isOver(record, round)) changes.push(improve(record, round));
  }
  return { changes, nextAt: nextAt === Infinity ? null : nextAt };
}

/** Whether this look says that it is good. */
function isOver(record: AlertRecord, { judgement, mutes, config, at }: Round): boolean {
  const { kind, subject } = record;
  if (!config.rules.has(kind as AlertKind) || isMuted(mutes, kind, subject)) return true;
  if ((TOLD_KINDS as readonly string[]).includes(kind)) {
    return at - (numberOf(record, "at") ?? record.raisedAt ?? at) >= TOLD_FOR_MS;
  }
  return judgement.judges(kind, subject);
}

function worsen(
  finding: Finding,
  record: AlertRecord | null,
  round: Round,
): { readonly change: Change | null; readonly waitsUntil: EpochMs } {
  const { at, steadyFrom, config } = round;
  if (record !== null && record.raisedAt !== null) {
    const again = Number(finding.detail.at ?? 0) > (numberOf(record, "at") ?? 0);
    if (again) return told({ ...renewed(record, finding), looks: 0 }, record, null);
    const isDue = record.acked === null && at - (record.toldAt ?? 0) >= config.repeatMs;
    if (isDue) return told({ ...renewed(record, finding), looks: 0, toldAt: at }, record, "repeated");
    return record.looks > 0 ? told({ ...record, looks: 0 }, record, null) : NOTHING;
  }
  const seen = Math.min(numberOf(record, "since") ?? at, at);
  const looks = (record?.looks ?? 0) + 1;
  // What was seen before a gap says nothing about the time in it.
  const since = finding.since ?? Math.max(seen, steadyFrom);
  const waitsUntil = Math.max(finding.waitMs === null ? at : since + finding.waitMs, steadyFrom + SETTLE_MS);
  const isRaised = waitsUntil <= at && (finding.waitMs !== null || looks >= LOOKS);
  const next = {
    ...(record ?? newRecord(finding, round)),
    ...renewed(record, finding),
    ...{ looks: isRaised ? 0 : looks, raisedAt: isRaised ? at : null, toldAt: isRaised ? at : null },
    detail: JSON.stringify({ ...finding.detail, since: finding.since ?? seen }),
  };
  if (isRaised) return told(next, record, "raised");
  // Looks are counted where they decide, and only until they do.
  const isWorthIt = record === null || (finding.waitMs === null && record.looks < LOOKS - 1);
  return {
    change: isWorthIt ? told(next, record, null).change : null,
    waitsUntil: Math.max(waitsUntil, at + 1),
  };
}

const NOTHING = { change: null, waitsUntil: Infinity } as const;

function told(
  put: Omit<AlertPut, "webhooks">,
  before: AlertRecord | null,
  tell: Change["tell"],
): { readonly change: Change; readonly waitsUntil: EpochMs } {
  const { id, kind, subject, severity, looks, raisedAt, toldAt, clearedAt, text, detail, acked } = put;
  return {
    change: {
      put: { id, kind, subject, severity, looks, raisedAt, toldAt, clearedAt, text, detail, acked },
      expect: before === null ? null : before.version,
      tell,
    },
    waitsUntil: Infinity,
  };
}

function renewed(record: AlertRecord | null, { text, detail }: Finding): AlertRecord {
  const since = numberOf(record, "since");
  return {
    ...record,
    text,
    detail: JSON.stringify({ ...detail, ...(since !== null && { since }) }),
  } as AlertRecord;
}

function newRecord({ kind, subject, text }: Finding, { newId }: Round): Omit<AlertPut, "webhooks"> {
  const { severity } = ALERT_KINDS[kind];
  return {
    ...{ id: newId(), kind, subject, severity, looks: 0, raisedAt: null, toldAt: null, clearedAt: null },
    ...{ text, detail: "{}", acked: null },
  };
}

function improve(record: AlertRecord, { at }: Round): Change {
  if (record.raisedAt === null) return told({ ...record, clearedAt: at }, record, null).change;
  const looks = record.looks + 1;
  return looks < LOOKS
    ? told({ ...record, looks }, record, null).change
    : told({ ...record, looks: 0, clearedAt: at }, record, "cleared").change;
}

/**
 * Dead letters are told of when they grow. The number that is known stands in a record that was seen and is not raised, marked as
 * quiet; it follows the number down, and takes the place of an alert that is acknowledged or over.
 */
function grown(
  finding: Finding,
  record: AlertRecord | null,
  round: Round,
): { readonly finding: Finding | null; readonly changes: readonly Change[] } {
  const count = Number(finding.detail.count);
  if (record === null) return { finding, changes: [] };
  const before = numberOf(record, "count") ?? 0;
  const base = numberOf(record, "base") ?? 0;
  if (record.raisedAt === null) {
    if (!isQuiet(record)) {
      if (count > base) return { finding: withBase(finding, base), changes: [] };
      return { finding: null, changes: [quiet(finding, record, count)] };
    }
    if (count > before) return { finding: withBase(finding, before), changes: [] };
    return { finding: null, changes: count < before ? [quiet(finding, record, count)] : [] };
  }
  if (record.acked === null && count === before) return { finding: withBase(finding, base), changes: [] };
  if (record.acked === null && count > before) {
    const put = { ...renewed(record, withBase(finding, base)), looks: 0 };
    return { finding: null, changes: [told(put, record, null).change] };
  }
  const cleared =
    record.acked === null
      ? improve(record, round)
      : told({ ...record, clearedAt: round.at }, record, "cleared").change;
  if (cleared.put.clearedAt === null) return { finding: null, changes: [cleared] };
  const following = { ...newRecord(finding, round), detail: quietDetail(count) };
  return { finding: null, changes: [cleared, told(following, null, null).change] };
}

const quietDetail = (count: number): string => JSON.stringify({ count, quiet: true });

function quiet(finding: Finding, record: AlertRecord, count: number): Change {
  return told({ ...record, text: finding.text, looks: 0, detail: quietDetail(count) }, record, null).change;
}

function withBase(finding: Finding, base: number): Finding {
  return { ...finding, detail: { ...finding.detail, base } };
}

export function isQuiet(record: Pick<AlertRecord, "detail">): boolean {
  return detailOf(record).quiet === true;
}

export function detailOf({ detail }: Pick<AlertRecord, "detail">): Record<string, unknown> {
  try {
    const found: unknown = JSON.parse(detail);
    return typeof found === "object" && found !== null ? (found as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function numberOf(record: AlertRecord | null, field: string): number | null {
  const value = record === null ? null : detailOf(record)[field];
  return typeof value === "number" ? value : null;
}
