import { expect, test } from "vitest";
import { fromDateHolidays } from "../../src/calendar.js";

test("gives the holidays of a state with names, range and attribution", async () => {
  const data = await fromDateHolidays("DE", { region: "BY", years: [2027, 2028] });
  expect(data.name).toBe("DE-BY");
  expect(data.covers).toEqual({ from: "2027-01-01", to: "2028-12-31" });
  expect(data.days).toContainEqual({ date: "2027-01-06", name: "Heilige Drei Könige" });
  expect(data.source).toMatch(/^date-holidays 3\.\d+\.\d+, DE\.BY, public; .*CC-BY-3\.0$/);
  expect(Object.isFrozen(data)).toBe(true);
});

test("a feast that begins at sunset is the days at whose noon it holds", async () => {
  const { days } = await fromDateHolidays("SA", { years: [2027, 2027] });
  const eid = days.filter(
    (day) => typeof day !== "string" && day.date >= "2027-03-01" && day.date < "2027-04-01",
  );
  expect(eid.map((day) => (typeof day === "string" ? day : day.date))).toEqual([
    ...["2027-03-09", "2027-03-10", "2027-03-11", "2027-03-12"],
  ]);
});

test.each([
  ["XX", {}, "country"],
  ["DE", { region: "BYX" }, "region"],
  ["DE", { region: "BY.A.B" }, "region"],
  ["DE", { types: ["all"] }, "types"],
  ["DE", { years: [2031, 2027] }, "years"],
])("refuses %s with %j", async (country, options, field) => {
  const call = fromDateHolidays(country, { years: [2027, 2027], ...options } as never);
  await expect(call).rejects.toMatchObject({ code: "SUNBEAT_CALENDAR_DATA_INVALID", details: { field } });
});
