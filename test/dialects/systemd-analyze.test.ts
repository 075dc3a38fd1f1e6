/** Calendar expressions of systemd, each with the instants that systemd-analyze gave for it; test/fixtures/imports says how. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { importSchedules, type ImportedEntry } from "../../src/dialects/index.js";
import { scheduleFromJSON } from "../../src/schedules/index.js";

const FILE = path.join(import.meta.dirname, "../fixtures/imports/oncalendar.systemd-252.tsv");

describe("calendar expressions against what systemd-analyze 252 gave", () => {
  const rows = readFileSync(FILE, "utf8")
    .trimEnd()
    .split("\n")
    .map((row) => row.split("\t"));
  const bases = [...Array(24).keys()].map((month) => Date.UTC(2027, month, 1));

  /** 31 instants after each beginning of a month, told as their number and the hash of all. */
  const digest = (next: (after: number) => number | null): string => {
    const seen = new Set<number>();
    for (const base of bases) {
      let at: number | null = base;
      for (let count = 0; count < 31 && (at = next(at)) !== null; count++) seen.add(at / 1_000);
    }
    const sorted = [...seen].sort((a, b) => a - b);
    return `${sorted.length} ${createHash("sha256").update(sorted.join(",")).digest("hex").slice(0, 16)}`;
  };

  const bounded = ({ options }: ImportedEntry, json: object) => {
    const schedule = scheduleFromJSON(json);
    const [start, end] = [Date.parse(options.startAt ?? ""), Date.parse(options.endAt ?? "")];
    return (after: number): number | null => {
      const at = schedule.next(Number.isNaN(start) ? after : Math.max(after, start - 1));
      return at === null || at >= end ? null : at;
    };
  };

  test.each(rows)("%s", (expression, utc, paris) => {
    const [inUtc] = importSchedules("systemd", expression, { timezone: "UTC" }).entries;
    expect(digest(bounded(inUtc!, inUtc!.options.schedule.toJSON!()))).toBe(utc);
    // In nights of change as the remark says: dst "skip" is what systemd does.
    const [inParis] = importSchedules("systemd", expression, { timezone: "Europe/Paris" }).entries;
    expect(digest(bounded(inParis!, skipping(inParis!.options.schedule.toJSON!())))).toBe(paris);
  });
});

function skipping(json: object): object {
  const of = (json as { readonly of?: object }).of;
  if (of !== undefined) return { ...json, of: skipping(of) };
  return "minute" in json ? { ...json, dst: "skip" } : json;
}
