/** 500 schedules whose instants another program found: test/fixtures/calendar/rows.py, by Python's zoneinfo. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { scheduleFromJSON } from "../../src/index.js";

interface Row {
  readonly schedule: object;
  readonly after: string;
  readonly next: readonly string[];
}

const rows = readFileSync(new URL("../fixtures/calendar/rows.jsonl", import.meta.url), "utf8")
  .trimEnd()
  .split("\n")
  .map((line) => JSON.parse(line) as Row);

const short = (at: number): string => new Date(at).toISOString().replace(".000Z", "Z");

test("there are 500 of them", () => {
  expect(rows).toHaveLength(500);
});

test.each(rows.map((row, index): [number, Row] => [index + 1, row]))(
  "row %i, forwards and back",
  (_number, { schedule: json, after, next }) => {
    const schedule = scheduleFromJSON(json);
    const found: number[] = [];
    for (let at = Date.parse(after); found.length < next.length;) {
      const due = schedule.next(at);
      if (due === null) break;
      found.push((at = due));
    }
    expect(found.map(short), JSON.stringify(json)).toEqual(next);
    const back = found.slice(1).map((due) => schedule.previous!(due));
    expect(back, JSON.stringify(json)).toEqual(found.slice(0, -1));
  },
);
