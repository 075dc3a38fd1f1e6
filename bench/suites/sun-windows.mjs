// Windows of the Sun: next() of ticks between sunrise and sunset, one after the other and from days taken at random.
import { every, solar } from "../../dist/index.js";
import { interleave, perCall } from "../harness.mjs";

const PLACE = [48.14, 11.58];
const FIRST = Date.UTC(2020, 0, 1);
const DAYS = 7_300;

export async function run({ quick }) {
  const [sunrise, sunset] = [solar("sunrise", ...PLACE), solar("sunset", ...PLACE)];
  const windows = {
    "sunrise to sunset, both moved": every("10m").between(sunrise.offset("30m"), sunset.offset("-30m")),
    "sunset until 22:00": every("10m").between(sunset, "22:00", { timezone: "Europe/Berlin" }),
  };
  const rows = [];
  for (const [what, schedule] of Object.entries(windows)) {
    let at = FIRST;
    const chained = () => {
      at = schedule.next(at);
    };
    // The same days in each run, in no order.
    let day = 0;
    const random = () => {
      day = (day + 2_741) % DAYS;
      schedule.next(FIRST + day * 86_400_000 + (day % 1_440) * 60_000);
    };
    perCall(2_000, chained);
    perCall(200, random);
    const figures = await interleave(
      {
        chained: () => perCall(quick ? 5_000 : 50_000, chained),
        random: () => perCall(quick ? 200 : 2_000, random),
      },
      quick ? 3 : 7,
    );
    rows.push({ what: `next() ${what}, chained`, unit: "ns", ours: figures.chained, wanted: "1 us" });
    rows.push({ what: `next() ${what}, at a random day`, unit: "ns", ours: figures.random, wanted: "60 us" });
  }
  return { title: "Windows of the Sun", rows };
}
