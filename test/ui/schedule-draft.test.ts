/** What the form of the editor makes of schedules, and back: nothing of a stored one is lost by opening and saving it. */
import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { resolveEntry } from "../../src/beat/resolve-entry.js";
import { entryOptionsOf, formOf } from "../../src/dashboard/entry-form.js";
import {
  businessDays,
  calendar,
  crontab,
  dates,
  days,
  during,
  every,
  holidays,
  rrule,
  solar,
  union,
  weekdays,
  type BuiltInSchedule,
} from "../../src/index.js";
import * as sunbeat from "../../src/index.js";
import { draftOf, entryOf } from "../../ui/lib/draft.js";
import { scheduleCode } from "../../ui/lib/schedule-code.js";
import { membersOf, type Member, newMember, newStep } from "../../ui/lib/schedule-draft.js";
import { type Kind, KIND_NAMES } from "../../ui/lib/schedule-kinds.js";
import { type StepKind, STEP_NAMES } from "../../ui/lib/schedule-steps.js";
import { ROWS } from "../schedules/calendar-example-rows.js";
import { SCHEDULES } from "../schedules/samples.js";

const DEFAULTS = {
  timezone: "Europe/Paris",
  business: businessDays({ closed: holidays("DE-BY") }),
};
const local = (at: number): string => new Date(at).toISOString();
const rise = solar("sunrise", 48.14, 11.58);
const set = solar("sunset", 48.14, 11.58);

/** `said`: kinds and steps of the form, in order; those of a schedule that no fields can say are "text" and "json". */
const ALGEBRA: [said: string, schedule: () => BuiltInSchedule][] = [
  ["calendar shift", () => calendar({ every: "month", on: 25, at: "09:00" }).shift("previous business day")],
  [
    "calendar",
    () => calendar({ every: "2 weeks", on: ["mon", "thu"], at: ["08:00", "17:30"], from: "2027-01-04" }),
  ],
  [
    "calendar",
    () => calendar({ every: "3 months", on: "last business day", at: "18:00", from: "2027-01-01" }),
  ],
  [
    "calendar",
    () => calendar({ every: "month", on: "mon-fri", position: -1, missing: "clamp", dst: "wall" }),
  ],
  [
    "calendar",
    () =>
      calendar({
        every: "year",
        in: ["mar", "sep"],
        on: "3rd fri",
        at: { every: "15m", from: "09:30", to: "16:00" },
      }),
  ],
  [
    "calendar",
    () => calendar({ every: "day", at: "09:00", from: "2027-01-04", until: "2028-01-01T00:00:00Z" }),
  ],
  [
    "calendar",
    () => calendar({ every: "2 weeks", on: "sun", from: "2027-01-04", weekStart: "sun", count: 12 }),
  ],
  [
    "every calendar days between",
    () =>
      every("5m")
        .between("09:30", "16:00", { timezone: "America/New_York", inclusive: true })
        .onDays("mon-fri")
        .except(holidays("DE-BY")),
  ],
  ["every between", () => every("10m").between(rise.offset("30m"), set.offset("-30m"))],
  ["every between", () => every("10m").between(set, "26:00", { days: "fri" })],
  ["every between", () => every("15m").except(during("22:00", "06:00", { days: "mon-fri" }))],
  ["crontab solar", () => union(set, crontab("0 23 * * *"))],
  [
    "crontab days instants",
    () =>
      crontab("0 2 * * *").except(
        crontab("0 2 1 * *"),
        dates(["12-25", { from: "2027-08-01", to: "2027-08-14" }]),
      ),
  ],
  ["every json", () => every("15m").only(during("08:00", "10:00"), during("17:00", "19:00"))],
  [
    "every days",
    () => every("2h").onDays(days({ every: "month", on: "2nd fri" }).and(weekdays("fri")).not()),
  ],
  ["rrule", () => rrule("DTSTART;TZID=Europe/Berlin:20270112T090000\nRRULE:FREQ=MONTHLY;BYDAY=2TU;COUNT=12")],
  ["rrule", () => rrule("FREQ=WEEKLY;BYDAY=MO,WE;BYHOUR=9;BYMINUTE=30;BYSECOND=0")],
  ["solar", () => solar("asr", 51.5, -0.12)],
  ["solar", () => solar({ shadow: 1.5 }, 51.5, -0.12)],
  ["solar", () => solar("dawn_astronomical", 59.91, 10.75, { polar: { night: 1 / 7 } })],
  ["solar", () => solar("dawn_civil", 59.91, 10.75, { polar: { night: "angle" } })],
  [
    "solar",
    () =>
      solar("sunset", 59.33, 18.07, { notBefore: "18:00", notAfter: "21:30", timezone: "Europe/Stockholm" }),
  ],
  ["crontab bounds", () => crontab("0 2 * * *").startAt("2027-01-01T00:00Z").endAt("2028-01-01T00:00Z")],
  ["crontab days offset days", () => crontab("30 23 * * *").onDays("fri").offset("2h").onDays("sat")],
  [
    "crontab days offset every days offset",
    () => union(every("2h"), crontab("0 2 * * *")).onDays("mon").offset("5m"),
  ],
];

const storedOf = (schedule: BuiltInSchedule): string =>
  resolveEntry("n", { task: "t", schedule }, DEFAULTS).definition;
const formed = (definition: string) => formOf(JSON.parse(definition) as Record<string, unknown>);

/** Opened and saved. */
function throughTheForm(definition: string): string {
  const meant = entryOf(draftOf("n", formed(definition), "Europe/Paris", local));
  if ("field" in meant) throw new Error(`${meant.field}: ${meant.message}`);
  return resolveEntry("n", entryOptionsOf(meant.entry), DEFAULTS).definition;
}

const wordsOf = (members: readonly Member[]): string =>
  members.flatMap(({ kind, steps }) => [kind, ...steps.map((step) => step.kind)]).join(" ");

describe("a schedule is the same after its form was opened and saved", () => {
  test.each(SCHEDULES)("%s", (_, schedule) => {
    const stored = storedOf(schedule);
    expect(throughTheForm(stored)).toBe(stored);
  });

  test.each(ROWS)("row %s after %s", (_name, make) => {
    const schedule = make();
    if (JSON.stringify(schedule).includes('"custom"')) return;
    const stored = storedOf(schedule);
    expect(throughTheForm(stored)).toBe(stored);
  });

  test.each(ALGEBRA)("%s", (said, make) => {
    const stored = storedOf(make());
    expect(throughTheForm(stored)).toBe(stored);
    expect(wordsOf(membersOf(formed(stored).schedule, local))).toBe(said);
  });
});

test("each kind and each step is among them", () => {
  const said = new Set(ALGEBRA.flatMap(([words]) => words.split(" ")));
  const missing = [...KIND_NAMES, ...STEP_NAMES].filter((kind: Kind | StepKind) => !said.has(kind));
  expect(missing).toEqual(["at", "text"]);
});

test("a filter around what has no fields stays a step, and its inside JSON", () => {
  const form = { type: "filter", of: { type: "moon", phase: "full" }, keep: [{ days: { weekdays: [1] } }] };
  const [member] = membersOf(form, local);
  expect([member!.kind, member!.steps.map(({ kind }) => kind)]).toEqual(["text", ["days"]]);
  expect(JSON.parse(member!.texts["text"]!)).toEqual({ type: "moon", phase: "full" });
});

test("what is wrong in a step is told with its place", () => {
  const member = { ...newMember("every", "UTC"), steps: [newStep("days"), newStep("offset")] };
  const draft = draftOf("n", { schedule: { every: "1h" } }, "UTC", local);
  expect(entryOf({ ...draft, when: [member] })).toMatchObject({ field: "when.0.steps.0.days" });
});

test("business days are the app's where the form says so, and stay what they are once they are stored", () => {
  const step = newStep("days");
  const member = {
    ...newMember("every", "UTC"),
    steps: [{ ...step, texts: { ...step.texts, days: "business" } }],
  };
  const draft = draftOf("n", { task: "t", schedule: { every: "1h" } }, "UTC", local);
  const meant = entryOf({ ...draft, when: [member] }) as { readonly entry: Record<string, unknown> };
  const { definition } = resolveEntry("n", entryOptionsOf(meant.entry), DEFAULTS);
  expect(definition).toContain('"business":{"closed":{"calendar":"DE-BY"}}');
  expect(throughTheForm(definition)).toBe(definition);
});

test.each(ALGEBRA)("the code of a schedule makes it again: %s", (_, make) => {
  const stored = storedOf(make());
  const code = scheduleCode(formed(stored).schedule);
  const made = runInNewContext(code, { ...sunbeat }) as BuiltInSchedule;
  // Days off in a zone of their own are written as open days in it.
  const wanted = stored.replace(/("days":)({"calendar":"DE-BY"}),"not":true,/, '$1{"not":$2},');
  expect(storedOf(made)).toBe(wanted);
  expect(code).not.toContain("scheduleFromJSON");
});
