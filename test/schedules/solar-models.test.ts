import { expect, test } from "vitest";
import { Crossings } from "../../src/schedules/solar/crossings.js";
import { HalfDays } from "../../src/schedules/solar/half-days.js";
import { Culminations } from "../../src/schedules/solar/culminations.js";
import type { SolarModel } from "../../src/schedules/solar/model.js";

const places = [0, 48.85, 69.65, -78, -89.5].map((latitude) => ({ latitude, longitude: 179 }));

test.each<[string, (place: (typeof places)[number]) => SolarModel]>([
  ["a rising", (place) => new Crossings(new HalfDays(place), { direction: "rising", target: () => -6 })],
  ["a setting", (place) => new Crossings(new HalfDays(place), { direction: "setting", target: () => 0 })],
  ["noon", (place) => new Culminations(place, 0)],
  ["midnight", (place) => new Culminations(place, 1)],
])("the index of %s is its half-day, also when the instant is some seconds off", (_what, modelAt) => {
  const wrong = places.flatMap((place) => {
    const model = modelAt(place);
    const found: object[] = [];
    let event = model.next(Date.UTC(2027, 0, 1))!;
    for (; event.at < Date.UTC(2028, 0, 1); event = model.next(event.at)!) {
      const indices = [-5_000, 0, 5_000].map((shift) => model.index(event.at + shift));
      if (indices.some((index) => index !== event.k)) found.push({ place, event, indices });
    }
    return found;
  });
  expect(wrong).toEqual([]);
});
