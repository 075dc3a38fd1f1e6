import { expect, test } from "vitest";
import { geocentricAltitudeDegrees } from "../../src/schedules/solar/sun.js";

/**
 * Altitudes at antipodes are opposite, in any model of the Sun. One of the two is always below the horizon, so that
 * a change in how suncalc refracts there (it adds 0.48 degrees) cannot hide.
 */
test("altitudes at antipodes are opposite to 1e-8 degrees: the refraction is undone at all altitudes", () => {
  const worst = { sum: 0, at: 0, latitude: 0 };
  const seen = new Set<number>();
  for (let i = 0; i < 20_000; i++) {
    const at = Date.UTC(2027, 0, 1) + i * 1_577_777;
    const latitude = ((i * 37) % 181) - 90;
    const longitude = ((i * 71) % 180) + 0.5;
    const here = geocentricAltitudeDegrees(at, { latitude, longitude });
    const there = geocentricAltitudeDegrees(at, { latitude: -latitude, longitude: longitude - 180 });
    if (Math.abs(here) < 85) seen.add(Math.floor(here));
    // At the zenith an arcsine has half the digits.
    const allowed = Math.abs(here) < 85 ? 1 : 100;
    const sum = Math.abs(here + there) / allowed;
    if (sum > worst.sum) Object.assign(worst, { sum, at, latitude });
  }
  expect(worst.sum).toBeLessThan(1e-8);
  expect(seen.size).toBe(170);
});
