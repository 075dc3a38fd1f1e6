// crontab: next() and parse against croner and cron-parser, warm, same expressions, zones and starting instants.
import { Cron } from "croner";
import { CronExpressionParser } from "cron-parser";
import { crontab } from "../../dist/index.js";
import { interleave, perCall } from "../harness.mjs";

const START = Date.UTC(2027, 0, 1);
const CASES = [
  ["every five minutes", "*/5 * * * *"],
  ["daily in the night", "30 2 * * *"],
  ["weekday list", "15,45 9-17 * * mon-fri"],
  ["leap day", "0 0 29 2 *"],
];
const YEARS_MS = 8 * 366 * 86_400_000;
/** A chain of `next` from START; each call asks from the answer of the last, and starts again after eight years. */
const chain = (next) => {
  let at = START;
  return () => {
    at = next(at);
    if (at > START + YEARS_MS) at = START;
  };
};

export async function run({ quick }) {
  const rounds = quick ? 3 : 7;
  const rows = [];
  for (const timezone of ["UTC", "Europe/Paris"]) {
    for (const [what, expression] of CASES) {
      const ours = crontab(expression, { timezone });
      const croner = new Cron(expression, { timezone, paused: true });
      const parsed = CronExpressionParser.parse(expression, { tz: timezone, currentDate: new Date(START) });
      const steps = {
        sunbeat: [quick ? 20_000 : 200_000, chain((at) => ours.next(at))],
        croner: [quick ? 200 : 1_000, chain((at) => croner.nextRun(new Date(at)).getTime())],
        "cron-parser": [
          expression === "0 0 29 2 *" ? 10 : quick ? 100 : 500,
          () => {
            if (parsed.next().getTime() > START + YEARS_MS) parsed.reset(new Date(START));
          },
        ],
      };
      for (const [count, step] of Object.values(steps)) perCall(Math.min(count, 2_000), step);
      const { sunbeat, ...rivals } = await interleave(
        Object.fromEntries(
          Object.entries(steps).map(([name, [count, step]]) => [name, () => perCall(count, step)]),
        ),
        rounds,
      );
      const wanted = what === "leap day" ? "at most 5 us, 20x croner" : "at most 1 us, 100x croner";
      rows.push({ what: `next() ${what}, ${timezone}`, unit: "ns", ours: sunbeat, rivals, wanted });
    }
  }
  const expression = "15,45 9-17 * * mon-fri";
  const { sunbeat, ...rivals } = await interleave(
    {
      sunbeat: () => perCall(quick ? 2_000 : 20_000, () => crontab(expression, { timezone: "Europe/Paris" })),
      croner: () =>
        perCall(quick ? 200 : 1_000, () => new Cron(expression, { timezone: "Europe/Paris", paused: true })),
      "cron-parser": () =>
        perCall(quick ? 200 : 1_000, () => CronExpressionParser.parse(expression, { tz: "Europe/Paris" })),
    },
    rounds,
  );
  rows.push({ what: "parse, weekday list", unit: "ns", ours: sunbeat, rivals, wanted: "at most 20 us" });
  return { title: "Crontab", rows };
}
