import { describe, expect, test } from "vitest";
import { fromICS } from "../../src/calendar.js";
import { isSunbeatError } from "../../src/index.js";

const file = (...lines: string[]): string => ["BEGIN:VCALENDAR", ...lines, "END:VCALENDAR", ""].join("\r\n");
const event = (...lines: string[]): string[] => ["BEGIN:VEVENT", ...lines, "END:VEVENT"];
const days = (text: string, years: readonly [number, number] = [2027, 2028]): unknown[] => [
  ...fromICS(text, { name: "plant", years }).days,
];

describe("fromICS", () => {
  test.each([
    [
      event("DTSTART;VALUE=DATE:20271224", "SUMMARY:Christmas\\, ", " Eve"),
      [{ date: "2027-12-24", name: "Christmas, Eve" }],
      "a day with a folded name",
    ],
    [event("DTSTART;VALUE=DATE:20270102"), ["2027-01-02"], "a day without a name"],
    [
      event("DTSTART;VALUE=DATE:20270801", "DTEND;VALUE=DATE:20270803"),
      ["2027-08-01", "2027-08-02"],
      "DTEND is the day after the last",
    ],
    [event("DTSTART;VALUE=DATE:20270801", "DURATION:P2D"), ["2027-08-01", "2027-08-02"], "DURATION in days"],
    [event("DTSTART;VALUE=DATE:20261230", "DTEND;VALUE=DATE:20270102"), ["2027-01-01"], "cut by the years"],
    [event("DTSTART:20270801T090000Z"), [], "an event with a time of day"],
    [event("DTSTART;VALUE=DATE:20270801", "STATUS:CANCELLED"), [], "a cancelled event"],
    [
      event("DTSTART;VALUE=DATE:20200101", "RRULE:FREQ=YEARLY", "EXDATE;VALUE=DATE:20280101"),
      ["2027-01-01"],
      "a recurrence that began before, without an exception",
    ],
    [
      event("DTSTART;VALUE=DATE:20270101", "RRULE:FREQ=YEARLY;UNTIL=20280101T235959Z"),
      ["2027-01-01", "2028-01-01"],
      "UNTIL with a time of day",
    ],
    [
      [
        ...event("UID:a", "DTSTART;VALUE=DATE:20270101", "RRULE:FREQ=YEARLY"),
        ...event("UID:a", "RECURRENCE-ID;VALUE=DATE:20280101", "DTSTART;VALUE=DATE:20280103"),
      ],
      ["2027-01-01", "2028-01-03"],
      "an instance that was moved",
    ],
    [
      event("DTSTART;VALUE=DATE:20270101", "BEGIN:VALARM", "DTSTART;VALUE=DATE:20270505", "END:VALARM"),
      ["2027-01-01"],
      "an alarm inside an event says nothing",
    ],
  ])("%#", (lines, expected, because) => {
    expect(days(file(...lines)), because).toEqual(expected);
  });

  test("covers the years that are asked for, and nothing of the file decides it", () => {
    const { name, covers } = fromICS(file(), { name: "plant", years: [2027, 2029] });
    expect({ name, covers }).toEqual({ name: "plant", covers: { from: "2027-01-01", to: "2029-12-31" } });
  });

  test.each([
    ["hello", 1, "no file of iCalendar"],
    ["BEGIN:VCALENDAR\nBEGIN:VEVENT\nbroken\nEND:VEVENT\nEND:VCALENDAR", 3, "a line without name and value"],
    ["BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VTODO\nEND:VCALENDAR", 3, "an END of another component"],
    ["BEGIN:VCALENDAR\nBEGIN:VEVENT", 2, "a component that has no end"],
    [file(...event("DTSTART;VALUE=DATE:20270231")), 3, "no such date"],
    [file(...event("DTSTART;VALUE=DATE:20270201", "RRULE:FREQ=HOURLY")), 4, "a recurrence that is refused"],
    [file(...event("DTSTART;VALUE=DATE:20270201", "DURATION:PT1H")), 4, "a duration of hours"],
  ])("refuses %j with line %i: %s", (text, line) => {
    let error: unknown;
    try {
      days(text);
    } catch (thrown) {
      error = thrown;
    }
    if (!isSunbeatError(error)) throw new Error(`not refused: ${String(error)}`);
    expect(error.code).toBe("SUNBEAT_CALENDAR_DATA_INVALID");
    expect(error.details).toMatchObject({ field: "ics", line });
  });

  test.each([
    ["folds", ["BEGIN:VCALENDAR", `X-LONG:${"\r\n a".repeat(1_250_000)}`, "broken"].join("\r\n"), 1_250_003],
    ["quotes", `BEGIN:VCALENDAR\r\n${'"'.repeat(5_000_000)}`, 2],
    ["short lines", `BEGIN:VCALENDAR\r\n${"X:1\r\n".repeat(1_000_000)}broken`, 1_000_002],
  ])("reads 5 MB of %s in linear time up to the broken line", (_, text, line) => {
    expect(() => days(text)).toThrow(
      expect.objectContaining({ details: expect.objectContaining({ line }) as object }),
    );
  });

  test("rules of a file do not decide how long it takes", () => {
    const greedy = event("DTSTART;VALUE=DATE:20270101", "RRULE:FREQ=DAILY;COUNT=100000");
    expect(() => days(file(...Array.from({ length: 20 }, () => greedy).flat()))).toThrow(
      /at most 1000000 days/,
    );
  });
});
