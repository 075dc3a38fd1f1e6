/** Bounds, polar rules and shadows of solar schedules. */
import { describe, expect, test } from "vitest";
import {
  crontab,
  every,
  isSunbeatError,
  scheduleFromJSON,
  solar,
  union,
  type Schedule,
  type SolarEvent,
  type SolarOptions,
} from "../../src/index.js";
import { asSchedule } from "../../src/schedules/as-schedule.js";
import { upcoming } from "../../src/schedules/index.js";

const at = (text: string): number => Date.parse(text.endsWith("Z") ? text : `${text}Z`);
const minute = (instant: number | null): string | null =>
  instant === null ? null : new Date(instant).toISOString().slice(0, 16);
const OSLO = { timezone: "Europe/Oslo" } as const;
const TROMSO = [69.6492, 18.9553] as const;

describe("worked rows", () => {
  test.each<[string, SolarEvent, number, number, SolarOptions, string, string, number]>([
    ["19a", "asr", 30.0444, 31.2357, {}, "2027-03-01T00:00", "2027-03-01T13:25:18", 10],
    ["19b", "asr_hanafi", 30.0444, 31.2357, {}, "2027-03-01T00:00", "2027-03-01T14:14:42", 10],
    [
      ...(["20", "dawn_astronomical", 59.9139, 10.7522, { polar: { night: 1 / 7 } }] as const),
      ...(["2027-06-20T20:00", "2027-06-21T01:09:28", 10] as const),
    ],
    [
      ...(["21", "sunrise", ...TROMSO, { polar: "clamp" }] as const),
      ...(["2027-12-21T00:00", "2027-12-21T10:42:07", 60] as const),
    ],
  ])("row %s", (_row, event, latitude, longitude, options, after, expected, seconds) => {
    const schedule = solar(event, latitude, longitude, options);
    const next = schedule.next(at(after))!;
    expect(Math.abs(next - at(expected)) / 1_000).toBeLessThan(seconds);
    expect(schedule.previous(next + 1)).toBe(next);
    expect(schedule.next(schedule.previous(next)!)).toBe(next);
  });
});

/** The table of docs/solar.md: what each rule gives in a day of the polar night and in one of the midnight sun. */
test.each<[SolarEvent, SolarOptions["polar"], night: string[], sun: string[], because: string]>([
  ["sunrise", "skip", [], [], "no sunrise, no run"],
  ["sunrise", "clamp", ["2027-12-20T10:41"], ["2027-06-20T22:45"], "solar noon; solar midnight"],
  ["sunset", "clamp", ["2027-12-20T10:41"], ["2027-06-20T22:45"], "solar noon; solar midnight"],
  ["sunrise", { at: "06:00" }, ["2027-12-20T05:00"], ["2027-06-20T04:00"], "the clock of Oslo"],
  ["dawn_civil", "skip", ["2027-12-20T08:30"], [], "the Sun comes up to 3 degrees below"],
  ["dawn_civil", { night: 1 / 7 }, [], [], "there is no night between a sunset and a sunrise"],
  ["dusk_civil", "clamp", ["2027-12-20T12:52"], ["2027-06-20T22:45"], "crosses; nearest at midnight"],
  ["dusk_civil", { at: "23:00" }, ["2027-12-20T12:52"], ["2027-06-20T21:00"], "crosses; the clock"],
  ["asr", "skip", [], ["2027-06-20T15:57"], "no shadow; a long one"],
  ["asr", "clamp", ["2027-12-20T10:41"], ["2027-06-20T15:57"], "noon is nearest"],
])("%s with polar %j gives %j on 20 December and %j on 20 June: %s", (event, polar, night, sun) => {
  const schedule = solar(event, ...TROMSO, { polar, ...OSLO });
  const on = (day: string): (string | null)[] =>
    upcoming(schedule, { after: at(`${day}T03:00`), count: 5, until: at(`${day}T03:00`) + 86_400_000 }).map(
      (due) => minute(due.getTime()),
    );
  expect([on("2027-12-20"), on("2027-06-20")]).toEqual([night, sun]);
});

describe("bounds", () => {
  const porch = solar("sunset", 59.33, 18.07, {
    notBefore: "18:00",
    notAfter: "21:30",
    timezone: "Europe/Stockholm",
  });

  test.each([
    ["2027-01-10T00:00", "2027-01-10T17:00", "sets at 15:15, runs at 18:00 of winter time"],
    ["2027-04-10T00:00", "2027-04-10T17:51", "sets at 19:51 of summer time: not moved"],
    ["2027-06-20T00:00", "2027-06-20T19:30", "sets at 22:08, runs at 21:30 of summer time"],
    ["2027-01-10T16:00", "2027-01-10T17:00", "asked between the event and its run"],
    ["2027-06-20T19:45", "2027-06-21T19:30", "asked between the run and its event"],
  ])("after %s the run is %s: %s", (after, expected) => {
    expect(minute(porch.next(at(after)))).toBe(expected);
    expect(porch.previous(porch.next(at(after))! + 1)).toBe(porch.next(at(after)));
  });

  test.each<[SolarOptions, string, string, string]>([
    [{ notAfter: "24:10" }, "2027-07-26T12:00", "2027-07-26T22:10", "ten past midnight after the day"],
    [
      { notAfter: "00:30" },
      "2027-07-25T12:00",
      "2027-07-25T22:30",
      "the time of the day itself is the morning",
    ],
    [
      { offset: "-30m", notBefore: "23:00" },
      "2027-02-10T12:00",
      "2027-02-10T22:00",
      "judged after the offset",
    ],
  ])("%j after %s is %s: %s", (options, after, expected) => {
    expect(minute(solar("sunset", ...TROMSO, { ...options, ...OSLO }).next(at(after)))).toBe(expected);
  });

  test("a sunset past midnight belongs to the noon before it", () => {
    // At 00:17 of the next date.
    const plain = solar("sunset", ...TROMSO);
    const late = plain.next(at("2027-07-26T12:00"))!;
    expect(minute(late)).toBe("2027-07-26T22:17");
    const bounded = solar("sunset", ...TROMSO, { notAfter: "23:00", ...OSLO });
    expect(minute(bounded.previous(late))).toBe("2027-07-26T21:00");
  });

  test("keep the key of the event", () => {
    const plain = solar("sunset", 59.33, 18.07);
    for (const day of ["2027-01-10", "2027-04-10", "2027-06-20"]) {
      const due = porch.next(at(`${day}T02:00`))!;
      expect(porch.occurrenceKey(due)).toBe(plain.occurrenceKey(plain.next(at(`${day}T02:00`))!));
    }
  });

  test("stand before an offset that is put around them", () => {
    const moved = porch.offset("-30m");
    const due = porch.next(at("2027-01-10T00:00"))!;
    expect(moved.next(at("2027-01-10T00:00"))).toBe(due - 1_800_000);
    expect(moved.toJSON()).toEqual({ type: "offset", of: porch.toJSON(), offsetMs: -1_800_000 });
    expect((moved as Schedule).occurrenceKey!(due - 1_800_000)).toBe(porch.occurrenceKey(due));
  });
});

describe("a time of day on days without the event", () => {
  const rise = solar("sunrise", ...TROMSO, { polar: { at: "06:00" }, offset: "-1h", ...OSLO });

  test("is not moved by the offset, and has the date as its key", () => {
    const runs = upcoming(rise, { after: at("2027-11-26T00:00"), count: 4 }).map((due) => due.getTime());
    expect(runs.map(minute)).toEqual([
      "2027-11-26T08:53",
      "2027-11-27T09:12",
      "2027-11-28T05:00",
      "2027-11-29T05:00",
    ]);
    expect(runs.slice(2).map((due) => rise.occurrenceKey(due))).toEqual([
      `d${Date.UTC(2027, 10, 28) / 86_400_000}`,
      `d${Date.UTC(2027, 10, 29) / 86_400_000}`,
    ]);
  });

  test("runs after a gap, and once in a fold", () => {
    const night = solar("sunset", -89, 0, { polar: { at: "02:30" }, timezone: "Europe/Paris" });
    const on = (day: string): (string | null)[] =>
      upcoming(night, { after: at(`${day}T00:00`), count: 3, until: at(`${day}T12:00`) }).map((due) =>
        minute(due.getTime()),
      );
    expect([on("2027-03-28"), on("2027-10-31")]).toEqual([["2027-03-28T01:00"], ["2027-10-31T00:30"]]);
  });

  test("leaves out a date that the zone leaves out", () => {
    const apia = solar({ altitude: 89, direction: "rising" }, -13.83, -171.76, {
      polar: { at: "12:00" },
      timezone: "Pacific/Apia",
    });
    const runs = upcoming(apia, { after: at("2011-12-29T00:00"), count: 3 });
    expect(runs.map((due) => minute(due.getTime()))).toEqual([
      "2011-12-29T22:00",
      "2011-12-30T22:00",
      "2011-12-31T22:00",
    ]);
  });

  test("an event minutes after it is not passed over, and a moved model names no event twice", () => {
    const due = rise.next(at("2027-11-28T00:00"))!;
    expect(rise.following(due)).toBe(rise.next(due));
    const event = rise.next(at("2027-11-20T00:00"))!;
    expect(rise.following(event - 3_000)).toBe(rise.next(event));
  });
});

describe("definition", () => {
  const bounds: SolarOptions = {
    offset: "-30m",
    notBefore: "18:00",
    notAfter: "25:30",
    timezone: "Europe/Oslo",
  };

  test.each<[SolarEvent, SolarOptions, object]>([
    ["sunset", { polar: "skip", timezone: "Europe/Oslo" }, {}],
    ["sunset", { polar: "clamp" }, { polar: "clamp" }],
    ["sunset", { polar: { at: "06:00" } }, { polar: { at: "06:00" }, timezone: "UTC" }],
    ["dawn_civil", { polar: { night: "angle" } }, { polar: { night: "angle" } }],
    [
      "sunset",
      bounds,
      { offsetMs: -1_800_000, notBefore: "18:00", notAfter: "25:30", timezone: "Europe/Oslo" },
    ],
    [{ shadow: 1.5 }, {}, {}],
  ])("%j with %j is written with %j and read back", (event, options, expected) => {
    const json = solar(event, 48.85, 2.35, options).toJSON();
    expect(json).toEqual({ type: "solar", event, latitude: 48.85, longitude: 2.35, ...expected });
    expect(scheduleFromJSON(JSON.parse(JSON.stringify(json))).toJSON!()).toEqual(json);
  });

  test("takes the app's zone where it names none, and keeps its own", () => {
    const json = (schedule: unknown): unknown =>
      asSchedule(schedule, { timezone: "Asia/Tokyo" }).toJSON!()["timezone"];
    expect(json(solar("sunset", 35, 139, { notBefore: "18:00" }))).toBe("Asia/Tokyo");
    expect(json(solar("sunset", 35, 139, { notBefore: "18:00", timezone: "UTC" }))).toBe("UTC");
    expect(json(solar("sunset", 35, 139))).toBeUndefined();
    const inUnion = asSchedule([solar("sunset", 35, 139, { notBefore: "18:00" }), 60], {
      timezone: "Asia/Tokyo",
    });
    expect(JSON.stringify(inUnion.toJSON!())).toContain("Asia/Tokyo");
  });

  test.each<[SolarEvent, unknown, string, string]>([
    ["sunset", { polar: "clap" }, "polar", '"skip", "clamp"'],
    ["sunset", { polar: null }, "polar", "got null"],
    ["sunset", { polar: {} }, "polar", "either"],
    ["sunset", { polar: { at: "06:00", night: 0.5 } }, "polar", "either"],
    ["sunset", { polar: { att: "06:00" } }, "", 'did you mean "at"'],
    ["sunset", { polar: { at: "24:00" } }, "polar.at", "a time of day"],
    ["sunset", { polar: { at: 6 } }, "polar.at", "got 6"],
    ["sunset", { polar: { night: 0.5 } }, "polar.night", "below the horizon"],
    ["golden_hour_start", { polar: { night: 0.5 } }, "polar.night", "below the horizon"],
    ["asr", { polar: { night: 0.5 } }, "polar.night", "below the horizon"],
    ["dawn_civil", { polar: { night: 0 } }, "polar.night", "above 0"],
    ["dawn_civil", { polar: { night: 1.2 } }, "polar.night", "up to 1"],
    ["dawn_civil", { polar: { night: NaN } }, "polar.night", "up to 1"],
    ["dawn_civil", { polar: { night: "half" } }, "polar.night", '"angle"'],
    ["solar_noon", { polar: "clamp" }, "polar", "comes every day"],
    ["sunset", { notBefore: "8pm" }, "notBefore", "a time of day"],
    ["sunset", { notBefore: 20 }, "notBefore", "got 20"],
    ["sunset", { notAfter: "48:00" }, "notAfter", "47:59"],
    ["sunset", { notBefore: "20:00", notAfter: "19:00" }, "notAfter", "not before notBefore (20:00)"],
    ["sunset", { notbefore: "20:00" }, "", 'did you mean "notBefore"'],
    [{ shadow: 0 }, {}, "shadow", "above 0"],
    [{ shadow: Infinity }, {}, "shadow", "above 0"],
    [{ shadow: "1" } as never, {}, "shadow", 'got "1"'],
    [{ shadow: 1, direction: "setting" } as never, {}, "", 'unknown option "direction"'],
  ])("refuses %j with %j at %s: %s", (event, options, field, text) => {
    try {
      solar(event, 48, 2, options as SolarOptions);
    } catch (error) {
      if (!isSunbeatError(error)) throw error;
      expect([error.code, error.message]).toEqual(["SUNBEAT_SOLAR_INVALID", expect.stringContaining(text)]);
      if (field !== "") expect(error.details).toMatchObject({ field, value: expect.any(String) as string });
      return;
    }
    expect.unreachable();
  });

  test("refuses an unknown zone, also in JSON", () => {
    const json = { type: "solar", event: "sunset", latitude: 1, longitude: 1, timezone: "Europe/Olso" };
    for (const make of [
      () => solar("sunset", 1, 1, { timezone: "Europe/Olso" }),
      () => scheduleFromJSON(json),
    ]) {
      expect(make).toThrow(expect.objectContaining({ code: "SUNBEAT_TIMEZONE_INVALID" }));
    }
  });

  test.each<[SolarEvent, SolarOptions, string]>([
    [
      "sunset",
      bounds,
      "30 min before sunset at 48.85 N, 2.35 E, not before 18:00, not after 25:30 (Europe/Oslo)",
    ],
    [
      "sunset",
      { polar: "clamp" },
      "sunset at 48.85 N, 2.35 E, on days without it when the Sun comes nearest",
    ],
    ["sunrise", { polar: { at: "06:00" } }, "sunrise at 48.85 N, 2.35 E, at 06:00 on days without it (UTC)"],
    [
      "dawn_civil",
      { polar: { night: 1 / 7 } },
      "dawn_civil at 48.85 N, 2.35 E, at most 1/7 of the night before sunrise",
    ],
    [
      "dusk_civil",
      { polar: { night: "angle" } },
      "dusk_civil at 48.85 N, 2.35 E, at most its angle over 60 of the night after sunset",
    ],
    ["asr_hanafi", {}, "asr_hanafi at 48.85 N, 2.35 E"],
    [{ shadow: 1.5 }, {}, "shadows longer than at noon by 1.5 heights at 48.85 N, 2.35 E"],
  ])("%j with %j describes itself", (event, options, text) => {
    expect(solar(event, 48.85, 2.35, options).describe()).toBe(text);
  });

  test.each<[SolarEvent, SolarOptions, string | null]>([
    ["sunrise", { polar: "clamp" }, null],
    ["sunrise", { polar: { at: "06:00" } }, null],
    ["dawn_civil", { polar: { night: 0.5 } }, "polar night: next dawn_civil 16 Jan 07:55 UTC"],
    ["asr", {}, "polar night: next asr 21 Jan 10:56 UTC"],
  ])("the status of %s with %j in the polar night is %s", (event, options, text) => {
    expect(solar(event, ...TROMSO, options).status(at("2027-12-20T12:00"))).toBe(text);
  });

  test.each<[SolarEvent, SolarOptions, string[]]>([
    ["sunset", { polar: "clamp" }, []],
    ["sunset", { polar: { at: "06:00" }, ...OSLO }, []],
    ["sunset", { polar: { at: "06:00" } }, ["utc-window"]],
    ["sunset", { notBefore: "18:00", ...OSLO }, ["polar-gap", "polar-gap"]],
    ["dawn_civil", { polar: { night: 0.5 } }, ["polar-gap", "polar-gap"]],
  ])("lints of %s with %j are %j", (event, options, codes) => {
    const lints = solar(event, ...TROMSO, options).lints();
    expect(lints.map(({ code }) => code)).toEqual(codes);
  });
});

test("a union tells a time of day from an event, and a crontab from both", () => {
  const rise = solar("sunrise", ...TROMSO, { polar: { at: "06:00" }, ...OSLO });
  const both = union(rise, crontab("0 5 * * *"), every("1d"));
  const due = at("2027-12-20T05:00");
  expect(rise.next(due - 1)).toBe(due);
  expect(both.occurrenceKey!(due)).toBeUndefined();
  expect(union(rise, every("1d")).occurrenceKey!(due)).toMatch(/^d21172\./);
});
