import { describe, expect, test } from "vitest";
import { type Draft, draftOf, entryOf, newDraft } from "../../ui/lib/draft.js";
import { entryCode } from "../../ui/lib/entry-code.js";
import type { Texts } from "../../ui/lib/fields.js";
import { newMember } from "../../ui/lib/schedule-draft.js";
import { crontabParts, type Kind } from "../../ui/lib/schedule-kinds.js";

const draft = (change: Partial<Draft>): Draft => ({ ...newDraft("Europe/Paris"), task: "t", ...change });
const when = (kind: Kind, texts: Texts): Partial<Draft> => {
  const member = newMember(kind, "Europe/Paris");
  return { when: [{ ...member, texts: { ...member.texts, ...texts } }] };
};
const local = (at: number): string => new Date(at).toISOString();

describe("what a draft says", () => {
  test.each<[Partial<Draft>, object, string]>([
    [
      when("crontab", { minute: "30", hour: "2" }),
      { crontab: "30 2 * * *", timezone: "Europe/Paris" },
      "the fields of a crontab",
    ],
    [
      when("crontab", { second: "*/5" }),
      { crontab: "*/5 0 * * * *", timezone: "Europe/Paris" },
      "seconds come first",
    ],
    [when("every", { every: "90s", offset: "5s" }), { every: "90s", offset: "5s" }, "an interval"],
    [
      when("solar", { latitude: "48.85", longitude: "2.35", offset: "-30m" }),
      { solar: "sunset", latitude: 48.85, longitude: 2.35, offset: "-30m" },
      "the Sun",
    ],
    [when("at", { at: "2027-03-28T02:30" }), { at: "2027-03-28T02:30", timezone: "Europe/Paris" }, "once"],
    [when("text", { text: "every 90s" }), { every: "90s" }, "a text that begins with every"],
    [when("text", { text: "1h30m" }), { every: "1h30m" }, "a duration alone"],
    [when("text", { text: "@daily" }), { crontab: "@daily", timezone: "Europe/Paris" }, "a nickname"],
    [
      when("text", { text: "solar:sunset:48.85:2.35" }),
      { solar: "sunset", latitude: 48.85, longitude: 2.35 },
      "as on the command line",
    ],
    [
      when("text", { text: '{"type":"interval","everyMs":5000}' }),
      { type: "interval", everyMs: 5000 },
      "JSON",
    ],
  ])("%j is %j (%s)", (change, schedule) => {
    expect(entryOf(draft(change))).toMatchObject({ entry: { schedule } });
  });

  test.each<[Partial<Draft>, string, string]>([
    [{ args: "[1," }, "args", "JSON that ends too soon"],
    [{ args: '{"a":1}' }, "args", "no array"],
    [{ more: "[]" }, "more", "no object"],
    [{ maxRuns: "1.5" }, "maxRuns", "no whole number"],
    [{ capacity: "2" }, "lock", "a capacity of nothing"],
    [when("crontab", { hour: "" }), "when.0.hour", "an empty field"],
    [when("solar", { latitude: "north" }), "when.0.latitude", "no number"],
    [when("text", {}), "when.0.text", "nothing at all"],
    [when("at", {}), "when.0.at", "no time"],
  ])("%j is wrong in %s (%s)", (change, field) => {
    expect(entryOf(draft(change))).toMatchObject({ field });
  });

  test("what is left empty is not said", () => {
    const { entry } = entryOf(draft({})) as { entry: object };
    expect(Object.keys(entry).sort()).toEqual(["schedule", "task"]);
  });
});

test("a draft of an entry says the entry again", () => {
  const entry = {
    task: "t",
    args: [1, "two"],
    schedule: { crontab: "30 2 * * *", timezone: "Europe/Paris", dst: "skip" as const },
    options: { queue: "mail", priority: 3, expires: "10m", maxDeliveries: 5 },
    misfire: { policy: "all", within: "1h", max: 10 },
    alert: { grace: "5m", mute: true },
    lock: { name: "l", capacity: 2 },
    ...{ overlap: "skip", overlapTimeout: "2h", jitter: "30s", maxRuns: 7, description: "d", enabled: false },
    startAt: "2027-01-01T00:00:00.000Z",
  };
  expect(entryOf(draftOf("n", entry, "Europe/Paris", local))).toEqual({ entry });
});

test("a crontab that is pasted into a field fills all of them", () => {
  expect(crontabParts("*/5 8-18 * * mon-fri")).toEqual({
    ...{ second: "", minute: "*/5", hour: "8-18", dayOfMonth: "*", month: "*", dayOfWeek: "mon-fri" },
  });
  expect(crontabParts("5")).toBeNull();
});

test("an entry is told as the code that declares it", () => {
  const schedule = { crontab: "30 2 * * *", timezone: "Europe/Paris" };
  expect(entryCode("night", { task: "t", schedule, args: [{ "a-b": 1 }], startAt: 0 })).toBe(
    [
      '"night": {',
      '  task: "t",',
      '  schedule: crontab("30 2 * * *", { timezone: "Europe/Paris" }),',
      '  args: [{ "a-b": 1 }],',
      '  startAt: "1970-01-01T00:00:00.000Z",',
      "},",
    ].join("\n"),
  );
});
