import { expect, test } from "vitest";
import { halfDayBoundary, nearHalfDay } from "../../src/schedules/solar/half-days.js";
import { geocentricAltitudeDegrees } from "../../src/schedules/solar/sun.js";

const MARCH = Date.UTC(2027, 2, 20);

/** In March the declination moves most: near a pole the highest Sun of the day is then hours after noon. */
test.each([0, 23, -45, 66, -80, 85, 89, -89.5, 89.9])(
  "at latitude %d the altitude is greatest and least at the boundaries",
  (latitude) => {
    const place = { latitude, longitude: 30 };
    const first = nearHalfDay(MARCH, place.longitude);
    for (let k = first; k < first + 4; k++) {
      const at = halfDayBoundary(place, k);
      const [before, there, after] = [at - 900_000, at, at + 900_000].map(
        (instant) => geocentricAltitudeDegrees(instant, place) * (k % 2 === 0 ? 1 : -1),
      );
      expect(there).toBeGreaterThan(before!);
      expect(there).toBeGreaterThan(after!);
    }
  },
);

test.each([89.95, 90, -90])(
  "at latitude %d, where the altitude has no extremes, half-days are still half days",
  (latitude) => {
    const place = { latitude, longitude: 30 };
    const first = nearHalfDay(MARCH, place.longitude);
    const lengths = [0, 1, 2, 3].map(
      (i) => halfDayBoundary(place, first + i + 1) - halfDayBoundary(place, first + i),
    );
    for (const length of lengths) expect(Math.abs(length - 43_200_000)).toBeLessThan(30_000);
  },
);
