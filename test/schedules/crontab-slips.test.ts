import { describe, expect, test } from "vitest";
import { crontab, type CrontabFields } from "../../src/schedules/crontab/crontab.js";

const EXTENDED = { extended: true };

function lintsOf(source: string | CrontabFields, code: string): { message: string; suggestion?: string }[] {
  return crontab(source, EXTENDED)
    .lints()
    .filter((lint) => lint.code === code);
}

/** How many runs there are on the first day that has some. */
function runsOfADay(source: string | CrontabFields): number {
  const schedule = crontab(source, EXTENDED);
  const first = schedule.next(Date.parse("2027-01-01T00:00:00Z") - 1)!;
  const end = (Math.floor(first / 86_400_000) + 1) * 86_400_000;
  let count = 0;
  for (let run: number | null = first; run !== null && run < end; run = schedule.next(run)) count++;
  return count;
}

describe("a field that was probably forgotten", () => {
  test.each<[source: string | CrontabFields, suggestion: string | undefined, because: string]>([
    [{ hour: 7 }, "minute: 0", "60 runs, and nobody wrote the star"],
    [{ hour: [7, 19] }, "minute: 0", "twice 60"],
    [{ second: 0, hour: 7 }, "minute: 0", "the same with seconds"],
    [{ dayOfWeek: 1 }, "minute: 0, hour: 0", "1440 runs on Mondays"],
    ["* 7 * * *", "minute: 0", "the same as text, and as stored"],
    ["* */2 * * *", "minute: 0", "every minute of every second hour"],
    ["* 8-18/2 * * *", "minute: 0", "a step of a range, too"],
    ["* H * * *", "minute: 0", "an hour that the name chooses"],
    ["* * 1 * *", "minute: 0, hour: 0", "once a month was meant"],
    ["* * L * *", "minute: 0, hour: 0", "the last day is one day"],
    ["* * * 1 *", "minute: 0, hour: 0", "January has 44,640 minutes"],
    ["* 0 7 * * *", "second: 0", "seconds come first"],
    ["* */5 * * * *", "second: 0", "every second of every fifth minute"],
    ["* * 7 * * *", "second: 0, minute: 0", "every second of an hour"],
    ["0 * 7 * * *", "minute: 0", "second 0 of each minute"],
    ["0 7 * * *", undefined, "once"],
    ["* * * * *", undefined, "every minute is usual"],
    ["* * * * * *", undefined, "so is every second"],
    ["* 9-17 * * *", undefined, "office hours are usual"],
    [{ hour: "9-17" }, undefined, "as text"],
    ["* * * * 1-5", undefined, "so are weekdays"],
    ["*/1 7 * * *", undefined, "a step of 1 says it is meant"],
    ["0-59 7 * * *", undefined, "so does a range"],
    ["0 * * * 1", undefined, "every hour of a day is usual"],
  ])("of %j is told, and %s is suggested: %s", (source, suggestion) => {
    const found = lintsOf(source, "forgotten-field");
    expect(found.map((lint) => lint.suggestion)).toEqual(suggestion === undefined ? [] : [suggestion]);
    for (const { message } of found) {
      expect(Number(/runs (\d+) times a day/.exec(message)?.[1])).toBe(runsOfADay(source));
    }
  });

  test("is told in one sentence", () => {
    expect(
      ["* 7,19 * * *", "* * * * 1", "* 0 7 * * *"].map((text) => lintsOf(text, "forgotten-field")[0]),
    ).toEqual([
      {
        code: "forgotten-field",
        field: "minute",
        message:
          "minute is * or left out: runs 120 times a day, at every minute of hours 7,19; minute 0 is probably meant",
        suggestion: "minute: 0",
      },
      {
        code: "forgotten-field",
        field: "minute",
        message:
          "minute and hour are * or left out: runs 1440 times a day; minute 0 and hour 0 are probably meant",
        suggestion: "minute: 0, hour: 0",
      },
      {
        code: "forgotten-field",
        field: "second",
        message: "second is *: runs 60 times a day, at every second of minute 0; second 0 is probably meant",
        suggestion: "second: 0",
      },
    ]);
  });
});

describe("weekday numbers beside ?", () => {
  test.each<[string, string | undefined, string]>([
    ["0 0 12 ? * 2-6", "mon-fri", "Quartz: 2 is Monday"],
    ["0 12 ? * 1", "sun", "AWS: 1 is Sunday"],
    ["0 12 ? * 1,3,5", "sun,tue,thu", "a list"],
    ["0 12 ? * 7", "sat", "7 is Saturday there, Sunday here"],
    ["0 12 ? * 6L", "friL", "the last Friday"],
    ["0 12 ? * 6#3", "fri#3", "the third Friday"],
    ["0 12 ? * 2-6/2", "mon-fri/2", "a step is no weekday"],
    ["0 12 ? * mon,7", "mon,sat", "names beside numbers"],
    ["0 12 ? * 1-7", undefined, "every day is every day in both"],
    ["0 12 ? * mon-fri", undefined, "names are the same in both"],
    ["0 12 ? * 0", undefined, "Quartz has no 0"],
    ["0 12 ? * */2", undefined, "a star starts at Sunday in both"],
    ["0 12 ? * H(1-5)", undefined, "Quartz has no H"],
    ["0 12 1 * ?", undefined, "days of the month are the same in both"],
    ["0 12 * * 2-6", undefined, "without ? it comes from cron"],
  ])("of %s are told, and %s is suggested: %s", (text, suggestion) => {
    const found = lintsOf(text, "quartz-weekday");
    expect(found.map((lint) => lint.suggestion)).toEqual(suggestion === undefined ? [] : [suggestion]);
  });

  test("have a suggestion that runs a day earlier", () => {
    const next = (text: string): number => crontab(text, EXTENDED).next(Date.parse("2027-01-10T00:00:00Z"))!;
    const [there] = lintsOf("0 12 ? * 4", "quartz-weekday");
    expect(next(`0 12 ? * ${there!.suggestion}`)).toBe(next("0 12 ? * 4") - 86_400_000);
    expect(there!.message).toBe(
      '"4" beside ?: in Quartz and AWS 1 is Sunday, here 1 is Monday; for theirs write wed',
    );
  });
});
