/** Fates of ticks: their words, their colours, and the letters of why a tick was skipped. */
import type { Fate, TimelineItem } from "../../src/monitor/timeline.js";
import type { Json } from "./json.js";
import { duration } from "./time.js";

export type Tick = Json<TimelineItem>;

/** From the best to the worst. */
export const FATE_NAMES = [
  ...(["succeeded", "triggered", "running", "waiting", "buffered", "skipped"] as const),
  ...(["unknown", "revoked", "retrying", "failed", "missed"] as const),
] as const satisfies readonly Fate[];

export const TONES: Readonly<Record<Fate, string>> = {
  succeeded: "good",
  triggered: "busy",
  running: "busy",
  waiting: "busy",
  buffered: "busy",
  skipped: "calm",
  unknown: "calm",
  revoked: "warn",
  retrying: "warn",
  failed: "bad",
  missed: "bad",
};

const LETTERS: Readonly<Record<string, string>> = {
  overlap: "o",
  locked: "l",
  replaced: "r",
  revoked: "v",
  removed: "x",
  paused: "p",
  misfire: "m",
  expired: "e",
  "max-runs": "n",
  disabled: "d",
  "not-unique": "u",
};

/** Of the reason why it was skipped. */
export const letterOf = (reason: string | null): string => LETTERS[reason ?? ""] ?? reason?.[0] ?? "";

/** "failed, 12 s late". */
export function fateText({ fate, reason, late, lateMs, count }: Tick): string {
  const why = reason !== null && fate !== "triggered" ? ` (${reason})` : "";
  const many = count > 1 ? `${count} × ` : "";
  return `${many}${fate}${why}${late && lateMs !== null ? `, ${duration(lateMs)} late` : ""}`;
}

export type Counts = Readonly<Partial<Record<Fate, number>>>;

export const worstOf = (counts: Counts): Fate | null =>
  FATE_NAMES.findLast((fate) => (counts[fate] ?? 0) > 0) ?? null;

export function countsOf(ticks: readonly Pick<Tick, "fate" | "count">[]): Counts {
  const counts: Partial<Record<Fate, number>> = {};
  for (const { fate, count } of ticks) counts[fate] = (counts[fate] ?? 0) + count;
  return counts;
}

export const sumOf = (counts: Counts): number => Object.values(counts).reduce((sum, one) => sum + one, 0);

/** "55 succeeded, 3 failed". */
export function countsText(counts: Counts): string {
  const texts = FATE_NAMES.filter((fate) => counts[fate] !== undefined).map(
    (fate) => `${counts[fate]} ${fate}`,
  );
  return texts.length === 0 ? "no ticks" : texts.join(", ");
}
