/** Texts that nobody wrote as schedules, or wrote for another: a typed error that says so, or remarks, in time that grows with the text. */
import { readFileSync } from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isSunbeatError, type SunbeatError } from "../../src/core/errors.js";
import { type Dialect, DIALECTS, importSchedules } from "../../src/dialects/index.js";

const FOLDER = path.join(import.meta.dirname, "../fixtures/imports");
const read = (name: string): string => readFileSync(path.join(FOLDER, name), "utf8");

/** A text of each dialect. */
const TEXTS: Readonly<Record<Dialect, string>> = {
  crontab: read("crontab.txt"),
  quartz: "0 0 12 * * ?\n0 15 10 ? * MON-FRI\n",
  aws: read("aws.txt"),
  systemd: read("timers.txt"),
  k8s: read("cronjobs.yaml"),
  celery: JSON.stringify({ a: { task: "t", schedule: { minute: "0", day_of_week: "mon" } } }),
};

function refusal(act: () => unknown): SunbeatError {
  try {
    act();
  } catch (error) {
    if (isSunbeatError(error)) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

const PAIRS = DIALECTS.flatMap((of) => DIALECTS.filter((as) => as !== of).map((as) => [of, as] as const));

describe("a file of another dialect", () => {
  test.each(PAIRS)("%s given as %s is a typed error that names it", (of, as) => {
    const error = refusal(() => importSchedules(as, TEXTS[of]));
    expect(error).toMatchObject({ code: "SUNBEAT_IMPORT_INVALID", details: { looksLike: of } });
    expect(error.message).toContain(`looks like ${of}: schedule import ${of}`);
  });

  test.each(DIALECTS)("an export of sunbeat given as %s", (as) => {
    const text = JSON.stringify({
      sunbeat: 1,
      entries: { a: { task: "t", schedule: { type: "interval", everyMs: 1_000 } } },
    });
    expect(refusal(() => importSchedules(as, text)).message).toContain("schedule import sunbeat");
  });
});

const BINARY = String.fromCharCode(...Array.from({ length: 5_000 }, (_, index) => (index * 7_919) % 256));

describe("no text at all", () => {
  test.each(DIALECTS)("bytes given as %s", (dialect) => {
    expect(refusal(() => importSchedules(dialect, `\x7FELF\0${BINARY}`)).code).toBe("SUNBEAT_IMPORT_INVALID");
    expect(
      refusal(() => importSchedules(dialect, Buffer.from([0x89, 0x50, 0xff, 0xfe]).toString("utf8"))).code,
    ).toBe("SUNBEAT_IMPORT_INVALID");
  });

  test.each(DIALECTS)("whatever is given as %s: entries and remarks, or an error of ours", (dialect) => {
    const piece = fc.constantFrom(
      "* ",
      "*/5 ",
      "0 ",
      "@daily ",
      "OnCalendar=",
      "[Timer]\n",
      "cron(",
      ")",
      "? ",
      "L ",
      "2-6 ",
      "\n",
      ": ",
      "{",
      "}",
      '"',
      "[",
      "]",
      ",",
      "- ",
      "CRON_TZ=",
      "Mon..Fri ",
      "~3",
      "&a ",
      "*a ",
      "x",
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(piece, { maxLength: 40 }).map((parts) => parts.join("")),
          fc.string(),
        ),
        (text) => {
          try {
            const { entries, remarks } = importSchedules(dialect, text, { timezone: "UTC" });
            for (const { lines } of entries) expect(lines.length).toBeGreaterThan(0);
            for (const { line } of remarks) expect(line).toBeGreaterThan(0);
          } catch (error) {
            if (!isSunbeatError(error)) throw error;
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});

/** Entries and remarks, or the code of a refusal. */
function codeOf(dialect: Dialect, text: string): string | null {
  try {
    importSchedules(dialect, text, { timezone: "UTC" });
    return null;
  } catch (error) {
    if (!isSunbeatError(error)) throw error;
    return error.code;
  }
}

const MB = 1_000_000;
/** Of 5 MB each: what is quadratic in them takes longer than a test may. */
const LARGE: readonly (readonly [Dialect, string, (bytes: number) => string])[] = [
  ["crontab", "comments", (bytes) => "# x\n".repeat(bytes / 4)],
  ["crontab", "one line", (bytes) => `* * * * * ${"x".repeat(bytes)}`],
  ["crontab", "blanks in lines", (bytes) => `${" ".repeat(90_000)}*\n`.repeat(bytes / 90_000)],
  ["crontab", "percent signs", (bytes) => `* * * * * ${"\\%".repeat(40_000)}\n`.repeat(bytes / 80_000)],
  ["crontab", "jobs", (bytes) => "* * * * * /opt/x\n".repeat(bytes / 17)],
  ["quartz", "properties", (bytes) => "a.b.c=d\n".repeat(bytes / 8)],
  ["quartz", "words", (bytes) => "0 ".repeat(bytes / 2)],
  ["systemd", "a list", (bytes) => `OnCalendar=${"1,".repeat(bytes / 2)}`],
  [
    "systemd",
    "spans",
    (bytes) => `[Timer]\nOnUnitActiveSec=${"1h ".repeat(30_000)}\n`.repeat(bytes / 90_000),
  ],
  ["aws", "brackets in JSON", (bytes) => "[".repeat(bytes)],
  ["aws", "one text in JSON", (bytes) => `{"a":"${"x".repeat(bytes)}"}`],
  ["aws", "an open text in JSON", (bytes) => `{"a":"${"\\\\".repeat(bytes / 2)}`],
  ["k8s", "YAML", (bytes) => "- a: b\n".repeat(bytes / 7)],
  ["celery", "entries", (bytes) => `{${'"a":{"task":"t","schedule":5},'.repeat(bytes / 30)}"b":1}`],
];

describe("a text of 5 MB", () => {
  test.each(LARGE)("%s: %s", (dialect, _, make) => {
    expect([null, "SUNBEAT_IMPORT_INVALID"]).toContain(codeOf(dialect, make(5 * MB)));
  });

  test("aliases of YAML grow nothing", () => {
    const bomb = Array.from(
      { length: 60 },
      (_, n) =>
        `a${n}: &a${n} [${Array<string>(10)
          .fill(n === 0 ? "x" : `*a${n - 1}`)
          .join(", ")}]`,
    ).join("\n");
    expect(codeOf("k8s", bomb)).toBe("SUNBEAT_IMPORT_INVALID");
  });
});

test.each<readonly [Dialect, string, RegExp]>([
  ["k8s", "kind: CronJob\nspec: {{ .Values.x }}: [", /line \d+ is no YAML: .*helm template/],
  ["k8s", "a: &x [1]\nb: *x\n", /expected objects of Kubernetes/],
  ["celery", '{\n "a": tru }', /line 2 is no JSON: expected a value/],
  ["celery", '{"a": 1} x', /expected the end/],
  ["celery", "[]", /expected rows of/],
  ["celery", "beat_schedule = {}", /got no JSON/],
  ["aws", '{"a": 1}', /found no schedule in it/],
])("%s: %j says where and what", (dialect, text, message) => {
  const error = refusal(() => importSchedules(dialect, text));
  expect(error.code).toBe("SUNBEAT_IMPORT_INVALID");
  expect(error.message).toMatch(message);
});

test.each(["crontab", "quartz", "systemd", "aws"] as const)(
  "%s: a file of comments has no schedule, and that is no error",
  (dialect) => {
    expect(importSchedules(dialect, "\uFEFF# nothing\n\n")).toMatchObject({ entries: [], remarks: [] });
  },
);
