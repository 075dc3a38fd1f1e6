// solar: next() along a chain of sunrises. There is no rival that gets every event right; the unit is the figure.
import { solar } from "../../dist/index.js";
import { interleave, perCall } from "../harness.mjs";

const PLACES = [
  ["equator", 0, 0],
  ["Paris", 48.8566, 2.3522],
  ["Longyearbyen", 78.2232, 15.6267],
  ["north pole", 90, 0],
];

export async function run({ quick }) {
  const rows = [];
  for (const [what, latitude, longitude] of PLACES) {
    for (const event of ["sunrise", "dusk_astronomical", "solar_noon"]) {
      const schedule = solar(event, latitude, longitude);
      let at = Date.UTC(2027, 0, 1);
      const step = () => {
        at = schedule.next(at) ?? at + 86_400_000;
      };
      perCall(200, step);
      const { sunbeat } = await interleave(
        { sunbeat: () => perCall(quick ? 200 : 2_000, step) },
        quick ? 3 : 5,
      );
      rows.push({
        what: `next() ${event}, ${what}`,
        unit: "ns",
        ours: sunbeat,
        wanted: "about 20 us, 50 us at the poles",
      });
    }
  }
  return { title: "Solar", rows };
}
