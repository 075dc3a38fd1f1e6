/** The worked rows, forwards and back. */
import { expect, test } from "vitest";
import { compose, crontab, dates, days, solar, union, weekdays } from "../../src/index.js";
import { ROWS, short, utc } from "./calendar-example-rows.js";

test.each(ROWS)("row %s after %s", (_name, make, after, expected) => {
  const schedule = make();
  let at = utc(after);
  const found = expected.map(() => {
    const next = schedule.next(at);
    at = next ?? at;
    return next;
  });
  expect(found.map(short)).toEqual(expected);
  const walked = found.filter((due) => due !== null);
  const back = walked.slice(1).map((due) => schedule.previous(due));
  expect(back).toEqual(walked.slice(0, -1));
});

test("row 17: periods that never meet are proved to be none", () => {
  const even = days({ every: "2 weeks", from: "2027-01-04" });
  const odd = days({ every: "2 weeks", from: "2027-01-11" });
  const both = even.and(odd);
  expect([both.next("2027-01-01"), both.previous("2027-01-01")]).toEqual([null, null]);
  const never = crontab("0 0 * * *").onDays(both);
  expect(never.next(utc("2027-01-01"))).toBeNull();
  expect(never.lints().map(({ code }) => code)).toContain("never");
});

test("a union keeps each member's own separation", () => {
  const sunset = solar("sunset", 48.14, 11.58);
  const event = sunset.next(utc("2027-05-01"))!;
  const soon = Math.ceil(event / 60_000) * 60_000 + 300_000;
  const schedule = union(sunset, compose({ next: (after) => (after < soon ? soon : null) }));
  expect([schedule.following(event), schedule.next(event)]).toEqual([soon, soon]);
  expect(schedule.occurrenceKey?.(event)).toMatch(/^\d+\.[0-9a-z]+$/);
  expect(schedule.occurrenceKey?.(soon)).toBeUndefined();
});

test("day sets are told, joined and turned round", () => {
  const set = weekdays("mon-fri").and(dates(["12-24"]));
  expect([set.next("2027-01-01"), set.has("2027-12-24"), set.not().has("2027-12-24")]).toEqual([
    "2027-12-24",
    true,
    false,
  ]);
  expect(set.toJSON()).toEqual(dates(["12-24"]).and(weekdays("fri", "mon-thu")).toJSON());
});
