import { describe, expect, test } from "vitest";
import { checkCalendar } from "../../src/schedules/days/calendar-data.js";

const covers = { from: "2027-01-01", to: "2028-12-31" };

describe("the data of a calendar", () => {
  test("is put in order, each date once, with all of its names", () => {
    const days = [
      "2027-12-26",
      { date: "2027-12-25", name: "Christmas Day" },
      "2027-12-25",
      { date: "2027-12-25", name: "Sunday" },
      { date: "2027-01-01" },
    ];
    const data = checkCalendar({ name: "DE", covers, source: "CC-BY", days });
    expect(data).toEqual({
      ...{ name: "DE", covers, source: "CC-BY" },
      days: ["2027-01-01", { date: "2027-12-25", name: "Christmas Day, Sunday" }, "2027-12-26"],
    });
    expect(Object.isFrozen(data) && Object.isFrozen(data.days)).toBe(true);
    expect(checkCalendar(data)).toEqual(data);
  });

  const refused: [why: string, data: unknown, field: string, said: RegExp][] = [
    ["no object", 1, "calendar", /expected an object/],
    ["a key that is not known", { name: "a", covers, days: [], day: [] }, "day", /did you mean "days"/],
    ["no name", { covers, days: [] }, "calendar: name", /1 to 255 characters/],
    ["no range", { name: "a", days: [] }, "calendar: covers", /expected an object/],
    [
      "a range that ends before",
      { name: "a", covers: { from: "2027-01-02", to: "2027-01-01" }, days: [] },
      "covers.to",
      /not before 2027-01-02/,
    ],
    [
      "a date that is none",
      { name: "a", covers: { from: "2027-02-29", to: "2028-01-01" }, days: [] },
      "covers.from",
      /a date such as/,
    ],
    ["no list", { name: "a", covers, days: "2027-01-01" }, "days", /a list of dates/],
    ["a date of every year", { name: "a", covers, days: ["12-25"] }, "days[0]", /dates of every year/],
    [
      "a day that does not exist",
      { name: "a", covers, days: ["2027-01-01", { date: "2027-04-31" }] },
      "days[1].date",
      /a date/,
    ],
    [
      "a name of two lines",
      { name: "a", covers, days: [{ date: "2027-01-01", name: "a\nb" }] },
      "days[0].name",
      /one line/,
    ],
    [
      "a long source",
      { name: "a", covers, source: "x".repeat(1_001), days: [] },
      "source",
      /1000 characters/,
    ],
    [
      "more than a megabyte",
      {
        name: "a",
        covers,
        days: Array.from({ length: 6_000 }, (_, i) => ({
          date: new Date(i * 86_400_000).toISOString().slice(0, 10),
          name: "x".repeat(200),
        })),
      },
      "days",
      /split the calendar/,
    ],
  ];
  test.each(refused)("%s is refused", (_why, data, field, said) => {
    expect(() => checkCalendar(data)).toThrow(
      expect.objectContaining({
        code: "SUNBEAT_CALENDAR_DATA_INVALID",
        message: expect.stringMatching(said) as string,
        details: expect.objectContaining({ field }) as unknown,
      }) as Error,
    );
  });
});
