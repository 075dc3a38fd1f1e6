import { expect, test } from "vitest";
import { readEnvironment, resolveOptions } from "../../src/config/index.js";
import { resolveEntry } from "../../src/beat/resolve-entry.js";
import { isSunbeatError } from "../../src/core/errors.js";
import { clocked, crontab, scheduleFromJSON } from "../../src/schedules/index.js";
import { zone } from "../../src/schedules/zone.js";
import { cli } from "../support/cli.js";

/** What was thrown, as "CODE message", with the zone that the details name. */
function refusal(make: () => unknown): readonly [text: string, meant: unknown] {
  try {
    make();
  } catch (error) {
    if (isSunbeatError(error)) return [`${error.code} ${error.message}`, error.details?.["nearest"]];
    throw error;
  }
  return ["taken", undefined];
}

test.each([
  ["BST", "Europe/London", "not Bangladesh, as in ICU"],
  ["bst", "Europe/London", "in any letter case"],
  ["AST", "America/Halifax or America/Puerto_Rico", "not Alaska"],
  ["NST", "America/St_Johns", "not Auckland"],
  ["ART", "America/Argentina/Buenos_Aires", "not Cairo"],
  ["CST", "America/Chicago or Asia/Shanghai", "two zones have these letters"],
  ["IST", "Asia/Kolkata or Europe/Dublin or Asia/Jerusalem", "so do three"],
  ["ACT", "Australia/Darwin or Australia/Adelaide", "ICU knows one of them"],
  ["AET", "Australia/Sydney", "ICU's"],
  ["AGT", "America/Argentina/Buenos_Aires", "ICU's"],
  ["BET", "America/Sao_Paulo", "ICU's"],
  ["CAT", "Africa/Maputo", "ICU's"],
  ["CNT", "America/St_Johns", "ICU's"],
  ["CTT", "Asia/Shanghai", "ICU's"],
  ["EAT", "Africa/Nairobi", "ICU's"],
  ["ECT", "America/Guayaquil or Europe/Paris", "Ecuador, not central Europe"],
  ["IET", "America/Indiana/Indianapolis", "ICU's"],
  ["JST", "Asia/Tokyo", "ICU's"],
  ["MIT", "Pacific/Marquesas", "not Samoa"],
  ["NET", "Asia/Yerevan", "ICU's"],
  ["PLT", "Asia/Karachi", "ICU's"],
  ["PNT", "America/Phoenix", "ICU's"],
  ["PRT", "America/Puerto_Rico", "ICU's"],
  ["PST", "America/Los_Angeles or Asia/Manila", "two zones have these letters"],
  ["SST", "Pacific/Pago_Pago", "not the Solomons"],
  ["VST", "Asia/Ho_Chi_Minh", "ICU's"],
  ["SystemV/PST8PDT", "America/Los_Angeles", "IANA gave them up"],
  ["systemv/hst10", "Pacific/Honolulu", "IANA gave them up"],
  ["US/Pacific-New", "America/Los_Angeles", "a law that never came"],
  ["Canada/East-Saskatchewan", "America/Regina", "IANA gave it up"],
  ["CEST", "Europe/Paris", "no zone anywhere, but half of one"],
  ["EDT", "America/New_York", "no zone anywhere, but half of one"],
])("%s is refused, and %s is named: %s", (name, meant) => {
  expect(refusal(() => zone(name))).toEqual([
    `SUNBEAT_TIMEZONE_INVALID timezone: ${JSON.stringify(name)} is not a time zone of IANA; write ${meant}`,
    meant.split(" or ")[0],
  ]);
  for (const known of meant.split(" or ")) expect(zone(known).name).toBe(known);
});

test.each<[string, string | undefined, string]>([
  ["+02:00", "Etc/GMT-2, whose sign is turned round", "IANA counts westwards"],
  ["UTC+2", "Etc/GMT-2, whose sign is turned round", "the nearest name is UTC, two hours off"],
  ["gmt-5", "Etc/GMT+5, whose sign is turned round", "any letter case"],
  ["-0330", undefined, "no zone of IANA's has it all year"],
  ["+15:00", undefined, "nor this"],
  ["UTC+0", "UTC", "the same thing"],
])("the offset %s is refused, and %s is named: %s", (name, meant) => {
  const [text] = refusal(() => zone(name));
  expect(text).toBe(
    `SUNBEAT_TIMEZONE_INVALID timezone: "${name}" ${
      meant === undefined
        ? 'is not a time zone of this runtime; give an IANA name such as "Europe/Paris"'
        : `is not a time zone of IANA but an offset; write ${meant}`
    }`,
  );
});

function isKnownToRuntime(timeZone: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone });
    return true;
  } catch {
    return false;
  }
}

test("of all names of three letters that the runtime knows, only IANA's are taken", () => {
  const letters = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZ"];
  const names = letters.flatMap((a) => letters.flatMap((b) => letters.map((c) => a + b + c)));
  const known = names.filter(isKnownToRuntime);
  expect(known.filter((name) => refusal(() => zone(name))[0] === "taken")).toEqual([
    "CET",
    "EET",
    "EST",
    "GMT",
    "HST",
    "MET",
    "MST",
    "PRC",
    "ROC",
    "ROK",
    "UCT",
    "UTC",
    "WET",
  ]);
});

test("every name that the runtime itself lists is taken", () => {
  const names = Intl.supportedValuesOf("timeZone");
  expect(names.filter((name) => refusal(() => zone(name))[0] !== "taken")).toEqual([]);
});

const LONDON = 'SUNBEAT_TIMEZONE_INVALID timezone: "BST" is not a time zone of IANA; write Europe/London';
const JSON_CRONTAB = { type: "crontab", minute: "0", hour: "9", timezone: "BST" };

test.each<[string, () => unknown]>([
  ["a crontab", () => crontab("0 9 * * *", { timezone: "BST" })],
  ["a crontab's defaults", () => crontab("0 9 * * *").withDefaults({ timezone: "BST" })],
  ["a clocked schedule", () => clocked("2027-07-01T09:00", { timezone: "BST" })],
  ["a clocked schedule that needs no zone", () => clocked("2027-07-01T09:00Z", { timezone: "BST" })],
  ["a crontab as JSON", () => scheduleFromJSON(JSON_CRONTAB)],
  ["an app's options", () => resolveOptions({ timezone: "BST" }, readEnvironment({}))],
  ["SUNBEAT_TIMEZONE", () => resolveOptions({}, readEnvironment({ SUNBEAT_TIMEZONE: "BST" }))],
  ["an entry", () => resolveEntry("e", { task: "t", schedule: crontab("0 9 * * *") }, { timezone: "BST" })],
])("%s refuses BST", (_, make) => {
  expect(refusal(make)[0]).toContain(LONDON.slice("SUNBEAT_TIMEZONE_INVALID ".length));
});

test.each([
  ["--timezone", ["schedule", "next", "0 9 * * *", "--timezone", "BST"]],
  ["JSON", ["schedule", "next", JSON.stringify(JSON_CRONTAB)]],
  ["--timezone of a command that shows times", ["report", "--timezone", "BST"]],
])("the command line refuses BST in %s", async (_, args) => {
  const { exitCode, stdout, stderr } = await cli(args);
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
  expect(stderr).toContain('timezone: "BST" is not a time zone of IANA; write Europe/London');
});

test.each<[string, string | undefined, string]>([
  ["EST", "EST is -05:00 all year, without daylight saving -> America/New_York", "New York has it"],
  ["est", "EST is -05:00 all year, without daylight saving -> America/New_York", "in any letter case"],
  ["MST", "MST is -07:00 all year, without daylight saving -> America/Denver", "Denver has it"],
  ["HST", "HST is -10:00 all year, without daylight saving -> Pacific/Honolulu", "as Hawaii itself"],
  ["GB", "GB is an old name of Europe/London -> Europe/London", "says what it means"],
  [
    "Etc/GMT-3",
    "Etc/GMT-3 is +03:00: IANA turns the sign round; -03:00 is Etc/GMT+3",
    "most people read it as -03:00",
  ],
  ["etc/gmt+10", "Etc/GMT+10 is -10:00: IANA turns the sign round; +10:00 is Etc/GMT-10", "the other way"],
  ["Etc/GMT-14", "Etc/GMT-14 is +14:00: IANA turns the sign round", "there is no Etc/GMT+14"],
  ["Etc/GMT-0", undefined, "is what it says"],
  ["GMT", undefined, "is what it says"],
  ["UTC", undefined, "is what it says"],
  ["EST5EDT", undefined, "has daylight saving, as it says"],
  ["America/New_York", undefined, "is what it says"],
])("a crontab in %s is told: %s (%s)", (timezone, expected) => {
  const found = crontab("0 12 * * *", { timezone })
    .lints()
    .map(({ code, field, message, suggestion }) => {
      expect([code, field]).toEqual(["zone-name", "timezone"]);
      return suggestion === undefined ? message : `${message} -> ${suggestion}`;
    });
  expect(found).toEqual(expected === undefined ? [] : [expected]);
});

test("what the lints say of an offset is so", () => {
  const offsets = ["EST", "MST", "HST", "Etc/GMT-3", "Etc/GMT+10"].map((name) =>
    [zone(name).at(29_000_000), zone(name).at(29_260_000)].map(({ offset }) => offset / 60),
  );
  expect(offsets).toEqual([
    [-5, -5],
    [-7, -7],
    [-10, -10],
    [3, 3],
    [-10, -10],
  ]);
});
