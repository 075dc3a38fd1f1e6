import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { SOLAR_EVENTS, solar, type SolarEvent } from "../../src/schedules/index.js";
import { degreesAbove } from "../../src/schedules/solar/sun.js";

const at = (text: string): number => Date.parse(text);

describe("next", () => {
  test.each<[SolarEvent, number, number, string, string, string, number]>([
    // event, latitude, longitude, place, after, next, seconds allowed
    ["sunrise", 56.9496, 24.1052, "Riga", "2027-03-01T00:00Z", "2027-03-01T05:17:29.5Z", 5],
    ["sunset", -4.4419, 15.2663, "Kinshasa", "2027-09-10T20:00Z", "2027-09-11T16:57:31.5Z", 5],
    ["sunset", 48.8566, 2.3522, "Paris", "2027-12-24T00:00Z", "2027-12-24T15:57:35.2Z", 5],
    ["sunrise", 21.3069, -157.8583, "Honolulu", "2027-01-01T00:00Z", "2027-01-01T17:09:06.5Z", 5],
    ["dawn_civil", -51.6977, -57.8517, "Stanley", "2027-07-07T00:00Z", "2027-07-07T11:16:47.2Z", 5],
    ["solar_noon", 62.0339, 129.7331, "Yakutsk", "2027-02-02T00:00Z", "2027-02-02T03:34:39.8Z", 5],
    ["sunset", -70.6744, -8.2741, "Neumayer", "2027-05-10T00:00Z", "2027-05-10T14:31:13.6Z", 5],
    ["sunrise", 74.5, 19, "Bear Island, after polar night", "2027-11-08T00:00Z", "2028-02-04T10:41:01.7Z", 5],
    ["sunset", 74.5, 19, "Bear Island, after midnight sun", "2027-05-03T00:00Z", "2027-08-13T22:15:09.6Z", 5],
    [
      "dusk_astronomical",
      55.9533,
      -3.1883,
      "Edinburgh, slow",
      "2027-05-12T00:00Z",
      "2027-08-09T00:02:41.7Z",
      5,
    ],
    ["sunrise", -70.6744, -8.2741, "Neumayer, slow", "2027-05-25T00:00Z", "2027-07-23T12:15:31.8Z", 15],
    [
      "dawn_astronomical",
      53.3498,
      -6.2603,
      "Dublin, slow",
      "2027-06-01T00:00Z",
      "2027-07-30T00:43:51.4Z",
      15,
    ],
  ])("%s at %d, %d (%s) after %s is %s", (event, latitude, longitude, _place, after, expected, seconds) => {
    const off = Math.abs(solar(event, latitude, longitude).next(at(after))! - at(expected)) / 1000;
    expect(off).toBeLessThan(seconds);
  });

  test("is whole milliseconds for every event", () => {
    const instants = SOLAR_EVENTS.map((event) =>
      solar(event, 48.8566, 2.3522).next(at("2027-03-01T00:00Z"))!,
    );
    expect(instants.filter((instant) => !Number.isInteger(instant))).toEqual([]);
  });

  test("is the last millisecond in which the Sun has not passed", () => {
    const place = { latitude: 48.8566, longitude: 2.3522 };
    const dawn = solar("dawn_civil", place.latitude, place.longitude);
    for (let instant = at("2027-01-01T00:00Z"), i = 0; i < 100; i++) {
      instant = dawn.next(instant)!;
      expect(degreesAbove(instant, place, () => -6)).toBeLessThan(1e-8);
      expect(degreesAbove(instant + 1, place, () => -6)).toBeGreaterThan(0);
    }
  });

  test("gives the events of a day in the order of the Sun's altitude", () => {
    const midnight = solar("solar_midnight", 48.8566, 2.3522).next(at("2027-03-20T12:00Z"))!;
    const order = [...SOLAR_EVENTS]
      .map((event) => [solar(event, 48.8566, 2.3522).next(midnight)!, event] as const)
      .sort(([a], [b]) => a - b)
      .map(([, event]) => event);
    // Those at the same altitude are equal and keep the order of the list.
    expect(order).toEqual([
      "dawn_astronomical",
      "dawn_nautical",
      "dawn_civil",
      "blue_hour_dawn_start",
      "golden_hour_dawn_start",
      "blue_hour_dawn_end",
      "sunrise",
      "golden_hour_dawn_end",
      "solar_noon",
      "asr",
      "asr_hanafi",
      "golden_hour_start",
      "sunset",
      "golden_hour_end",
      "blue_hour_start",
      "dusk_civil",
      "blue_hour_end",
      "dusk_nautical",
      "dusk_astronomical",
      "solar_midnight",
    ]);
  });

  test("an altitude of one's own is the event of the same altitude", () => {
    const after = at("2027-03-01T00:00Z");
    expect(solar({ altitude: -6, direction: "setting" }, 48.85, 2.35).next(after)).toBe(
      solar("dusk_civil", 48.85, 2.35).next(after),
    );
  });

  test("is null for an altitude that the Sun touches by a hair's breadth of the check and not in fact", () => {
    expect(solar({ altitude: 63.449, direction: "rising" }, 50, 0).next(at("2027-01-01T00:00Z"))).toBeNull();
  });

  test("knows no events before 1900 and after 2999, where the model of the Sun does not hold", () => {
    const schedule = solar("sunset", 48.8566, 2.3522);
    const first = schedule.next(-Infinity)!;
    const last = schedule.previous(Infinity)!;
    expect([first, last].map((instant) => new Date(instant).toISOString().slice(0, 10))).toEqual([
      "1900-01-01",
      "2999-12-31",
    ]);
    expect([schedule.previous(first), schedule.next(last)]).toEqual([null, null]);
  });
});

describe("offset", () => {
  const sunset = solar("sunset", 48.8566, 2.3522);
  const after = at("2027-06-01T12:00Z");

  test.each<[string | number, number]>([
    ["-30m", -1_800_000],
    [90, 90_000],
    ["3d", 259_200_000],
    ["-400d", -34_560_000_000],
  ])("%s moves each run and its key stays that of the event", (offset, offsetMs) => {
    const schedule = solar("sunset", 48.8566, 2.3522, { offset });
    const event = sunset.next(after - offsetMs)!;
    expect(schedule.next(after)).toBe(event + offsetMs);
    expect(schedule.previous(event + offsetMs + 1)).toBe(event + offsetMs);
    expect(schedule.occurrenceKey(event + offsetMs)).toBe(sunset.occurrenceKey(event));
  });

  test("finds the run just ahead whose event has passed, and not the one just behind", () => {
    const schedule = solar("sunset", 48.8566, 2.3522, { offset: "30m" });
    const event = sunset.next(after)!;
    expect(schedule.next(event + 1)).toBe(event + 1_800_000);
    expect(schedule.next(event + 1_800_000)).toBe(sunset.next(event)! + 1_800_000);
  });
});

describe("definition", () => {
  test("takes every name in snake case and camel case and keeps the snake form", () => {
    const names = SOLAR_EVENTS.map((name) => {
      const camel = name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
      return solar(camel as SolarEvent, 0, 0).toJSON().event;
    });
    expect(names).toEqual(SOLAR_EVENTS);
  });

  test.each<[unknown, unknown, unknown, string]>([
    ["toString", 0, 0, 'unknown event "toString"'],
    ["__proto__", 0, 0, 'unknown event "__proto__"'],
    ["constructor", 0, 0, 'unknown event "constructor"'],
    ["sunsett", 0, 0, 'did you mean "sunset"'],
    ["Sunset", 0, 0, 'did you mean "sunset"'],
    ["noon", 0, 0, "known are dawn_astronomical"],
    [undefined, 0, 0, "event: expected a name"],
    [null, 0, 0, "event: expected a name"],
    [-6, 0, 0, "event: expected a name"],
    [
      "sunset",
      91,
      0,
      "latitude: expected a number of degrees from -90 to 90, north positive, got 91; the latitude",
    ],
    ["sunset", -90.0001, 0, "latitude"],
    ["sunset", NaN, 0, "latitude"],
    ["sunset", "48.85", 2.35, 'got "48.85"'],
    ["sunset", undefined, 2.35, "latitude"],
    [
      "sunset",
      0,
      180.5,
      "longitude: expected a number of degrees from -180 to 180, east positive, got 180.5",
    ],
    ["sunset", 0, Infinity, "longitude"],
    ["sunset", 0, null, "longitude"],
    [
      { altitude: 50, direction: "rising" },
      70,
      0,
      "stays between -43.45 and 43.45 degrees, it never reaches 50",
    ],
    [
      { altitude: -50, direction: "rising" },
      -70,
      0,
      "stays between -43.45 and 43.45 degrees, it never reaches -50",
    ],
    [{ altitude: 91, direction: "rising" }, 0, 0, "stays between -90 and 90"],
    [{ altitude: NaN, direction: "rising" }, 0, 0, "altitude: expected degrees"],
    [{ altitude: "-6", direction: "rising" }, 0, 0, "altitude: expected degrees"],
    [{ altitude: -6 }, 0, 0, 'direction: expected "rising" or "setting", got undefined'],
    [{ altitude: -6, direction: "up" }, 0, 0, 'got "up"'],
    [{ altitude: -6, direction: "rising", limb: "upper" }, 0, 0, 'unknown option "limb"'],
    [[], 0, 0, "event: expected an object"],
  ])("refuses solar(%j, %j, %j) saying %s", (event, latitude, longitude, message) => {
    expect(() => solar(event as SolarEvent, latitude as number, longitude as number)).toThrow(
      expect.objectContaining({
        name: "ScheduleError",
        code: "SUNBEAT_SOLAR_INVALID",
        message: expect.stringContaining(message) as string,
      }),
    );
  });

  test.each<[unknown, string]>([
    [{ ofset: "-30m" }, 'did you mean "offset"'],
    [{ offset: "half an hour" }, "solar: offset: expected a number of seconds"],
    [{ offset: 1e11 }, "up to 1,000 years"],
    [null, "solar: options: expected an object"],
  ])("refuses options %j saying %s", (options, message) => {
    expect(() => solar("sunset", 0, 0, options as object)).toThrow(
      expect.objectContaining({
        code: "SUNBEAT_SOLAR_INVALID",
        message: expect.stringContaining(message) as string,
      }),
    );
  });

  test("cannot be changed, nor through the event it was made of", () => {
    const event = { altitude: -4, direction: "rising" as const };
    const schedule = solar(event, 48.85, 2.35);
    event.altitude = 20;
    expect(schedule.toJSON().event).toEqual({ altitude: -4, direction: "rising" });
    expect(() => Object.assign(schedule, { latitude: 0 })).toThrow(TypeError);
  });
});

describe("polar seasons", () => {
  test.each<[SolarEvent, number, number, string, string | null]>([
    ["sunrise", 74.5, 19, "2027-11-20T00:00Z", "polar night: next sunrise 4 Feb 10:41 UTC"],
    ["sunset", 74.5, 19, "2027-11-20T00:00Z", "polar night: next sunset 4 Feb 11:16 UTC"],
    ["sunset", 74.5, 19, "2027-06-20T00:00Z", "midnight sun: next sunset 13 Aug 22:15 UTC"],
    ["sunrise", 74.5, 19, "2027-06-20T00:00Z", "midnight sun: next sunrise 13 Aug 23:24 UTC"],
    [
      "dusk_astronomical",
      55.9533,
      -3.1883,
      "2027-06-20T00:00Z",
      "no astronomical night until 9 Aug 00:02 UTC",
    ],
    ["dawn_nautical", 90, 0, "2027-12-20T00:00Z", "no nautical twilight until 17 Feb 15:27 UTC"],
    [
      "golden_hour_start",
      78,
      16,
      "2027-12-20T00:00Z",
      "the Sun stays below 6 degrees: next golden_hour_start 5 Mar 11:55 UTC",
    ],
    [
      { altitude: 10, direction: "setting" },
      78,
      16,
      "2027-06-20T00:00Z",
      "the Sun stays above 10 degrees: next setting 12 Jul 22:29 UTC",
    ],
    ["solar_noon", 90, 0, "2027-12-20T00:00Z", null],
    ["sunrise", 48.85, 2.35, "2027-12-20T00:00Z", null],
    [
      { altitude: 63.449, direction: "rising" },
      50,
      0,
      "2027-12-20T00:00Z",
      "the Sun rising through 63.449 degrees does not come any more",
    ],
  ])("status of %j at %d, %d on %s is %s", (event, latitude, longitude, on, expected) => {
    expect(solar(event, latitude, longitude).status(at(on))).toBe(expected);
  });

  test("status is about the event and not about the offset", () => {
    const schedule = solar("sunrise", 74.5, 19, { offset: "-2h" });
    expect(schedule.status(at("2027-11-20T00:00Z"))).toBe("polar night: next sunrise 4 Feb 10:41 UTC");
  });

  test.each<[SolarEvent, number, [string, string][]]>([
    ["sunrise", 48.85, []],
    ["solar_midnight", 90, []],
    [
      "sunrise",
      74.5,
      [
        ["polar-gap", "no sunrise at latitude 74.5 from 7 Nov to 5 Feb (90 days): nothing runs then"],
        ["polar-gap", "no sunrise at latitude 74.5 from 28 Apr to 12 Aug (106 days): nothing runs then"],
      ],
    ],
    [
      "dawn_astronomical",
      48.85,
      [
        [
          "polar-gap",
          "no dawn_astronomical at latitude 48.85 from 11 Jun to 30 Jun (19 days): nothing runs then",
        ],
      ],
    ],
    [
      { altitude: 63.449, direction: "rising" },
      50,
      [
        [
          "never",
          "the Sun rising through 63.449 degrees never comes at latitude 50: this schedule does not fire",
        ],
      ],
    ],
  ])("lints of %j at latitude %d", (event, latitude, expected) => {
    const lints = solar(event, latitude, 19).lints();
    expect(lints.map((lint) => [lint.code, lint.message])).toEqual(expected);
  });

  test("an offset of a day or more is linted", () => {
    const codes = ["23h", "-24h"].map((offset) =>
      solar("sunset", 0, 0, { offset })
        .lints()
        .map((lint) => lint.code),
    );
    expect(codes).toEqual([[], ["long-offset"]]);
  });
});

test.each<[SolarEvent, number, number, string | undefined, number | undefined, string]>([
  ["sunset", 48.8566, 2.3522, undefined, undefined, "sunset at 48.8566 N, 2.3522 E"],
  ["sunset", -37.81753, -144.5, "-30m", undefined, "30 min before sunset at 37.81753 S, 144.5 W"],
  ["dawnCivil", 0, 0, "1h", undefined, "1 h after dawn_civil at 0 N, 0 E"],
  [
    { altitude: -4, direction: "rising" },
    1,
    1,
    undefined,
    undefined,
    "the Sun rising through -4 degrees at 1 N, 1 E",
  ],
  [
    "sunrise",
    74.5,
    19,
    undefined,
    at("2027-11-20T00:00Z"),
    "sunrise at 74.5 N, 19 E (polar night: next sunrise 4 Feb 10:41 UTC)",
  ],
])(
  "solar(%j, %d, %d, offset %s) at %s describes itself as %s",
  (event, latitude, longitude, offset, on, text) => {
    expect(solar(event, latitude, longitude, offset === undefined ? {} : { offset }).describe(on)).toBe(text);
  },
);

test("suncalc is pinned to the version whose refraction is undone", () => {
  const manifest = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
    dependencies: Record<string, string>;
  };
  expect(manifest.dependencies.suncalc).toBe("2.0.2");
});
