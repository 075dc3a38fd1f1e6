import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { codeParts, optionsFromDefinition, portableDefinition } from "../../src/beat/portable.js";
import { resolveEntry } from "../../src/beat/resolve-entry.js";
import type { EntryOptions } from "../../src/beat/entry-options.js";
import { calendar, clocked, crontab, every, solar } from "../../src/schedules/index.js";

const DEFAULTS = { timezone: "Europe/Paris" };
const ELSEWHERE = { timezone: "Asia/Tokyo" };

const schedules = [
  crontab("30 2 * * mon-fri", { timezone: "Europe/Paris" }),
  crontab("H H * * *", { extended: true, timezone: "America/New_York" }),
  crontab("30 2 * * *"),
  crontab("@reboot"),
  every("90s", { offset: "5s" }),
  solar("sunset", 48.85, 2.35, { offset: "-30m" }),
  clocked("2027-12-24T18:00:00Z"),
  calendar({ every: "2 weeks", on: ["mon", "thu"], at: "08:00", from: "2027-01-04" }),
  calendar({ every: "month", on: 25, at: "09:00" }).shift("previous business day"),
  every("5m").between("09:30", "16:00", { timezone: "America/New_York" }).onDays("mon-fri"),
  every("5m").between("09:30", "16:00"),
];
const optional = <T>(...values: readonly T[]): fc.Arbitrary<T | undefined> =>
  fc.constantFrom(undefined, ...values);
const options = fc.record({
  task: fc.constantFrom("reports.build", "sunbeat.canvas"),
  schedule: fc.constantFrom(...schedules),
  args: optional<readonly unknown[]>([1, { a: "b" }], []),
  options: optional<EntryOptions["options"]>(
    { queue: "q", expires: 90, priority: 3, headers: { a: "b" } },
    { expires: new Date(4e12), countdown: "1m", maxDeliveries: 2, ignoreResult: true },
    { unique: { key: "k", ttl: "1h", onConflict: "refuse" }, lane: "acme", resultExpires: "1d" },
  ),
  enabled: optional(true, false),
  misfire: optional<EntryOptions["misfire"]>(
    "all",
    "skip",
    { policy: "latest", within: "2h" },
    {
      policy: "all",
      max: 7,
    },
  ),
  overlap: optional<EntryOptions["overlap"]>("skip", "queue-one", "cancel-running"),
  overlapTimeout: optional<EntryOptions["overlapTimeout"]>("1h", 90),
  jitter: optional("30s"),
  startAt: optional<EntryOptions["startAt"]>(new Date(0), 1.8e12),
  endAt: optional(4e12),
  maxRuns: optional(5),
  lock: optional<EntryOptions["lock"]>("l", { name: "l", capacity: 3 }),
  description: optional("d"),
  alert: optional<EntryOptions["alert"]>({ grace: "5m", failures: 3 }, { runtime: "2h", mute: true }),
});

test("what a file has makes the entry that was exported, also in an app of another zone", () => {
  fc.assert(
    fc.property(options, (given) => {
      const entry = resolveEntry("e", given, DEFAULTS);
      const file = JSON.parse(JSON.stringify(portableDefinition(entry.definition))) as unknown;
      const again = resolveEntry("e", optionsFromDefinition("e", file), ELSEWHERE);
      expect([again.definition, again.revision]).toEqual([entry.definition, entry.revision]);
    }),
  );
});

test("a signature stays in the store", () => {
  expect(portableDefinition('{"task":"t","signature":"k.abc"}')).toEqual({ task: "t" });
});

describe("what makes no entry is refused by name", () => {
  const schedule = { type: "interval", everyMs: 60_000 };
  test.each<[unknown, RegExp, string]>([
    [null, /^entry "e": /, "no definition"],
    [{ task: "t" }, /schedule/, "nothing to run at"],
    [{ task: "t", schedule: { type: "weekly" } }, /weekly/, "an unknown schedule"],
    [{ task: "t", schedule, retries: 3 }, /retries/, "an unknown part"],
    [{ task: "t", schedule, argsFrom: "code" }, /its args function is code/, "arguments that code makes"],
    [{ task: "t", schedule: { type: "custom" } }, /its custom schedule is code/, "a schedule of code"],
  ])("%j", (definition, message) => {
    expect(() => optionsFromDefinition("e", definition)).toThrow(
      expect.objectContaining({
        code: "SUNBEAT_ENTRY_INVALID",
        message: expect.stringMatching(message) as unknown,
      }),
    );
  });
});

test("parts that are code have names", () => {
  expect(codeParts({ argsFrom: "code", schedule: { type: "custom" } })).toEqual([
    "args function",
    "custom schedule",
  ]);
});
