import { Clamped } from "./clamped.js";
import { Crossings } from "./crossings.js";
import { Culminations } from "./culminations.js";
import type { SolarMoment } from "./events.js";
import { HalfDays } from "./half-days.js";
import type { SolarModel } from "./model.js";
import { NightPortions } from "./night-portions.js";
import { nightPortion, type Placing } from "./options.js";
import { targetOf, type Place } from "./sun.js";

/** The altitude of a shadow's event moves by no more than the Sun does. */
const SHADOW_DRIFT = 0.42;

/** The events of a moment at a place. */
export function modelOf(moment: SolarMoment, place: Place, polar: Placing["polar"]): SolarModel {
  if (moment.kind === "noon") return new Culminations(place, 0);
  if (moment.kind === "midnight") return new Culminations(place, 1);
  const halfDays = new HalfDays(place);
  const isShadow = moment.kind === "shadow";
  const { direction } = moment;
  const crossings = new Crossings(halfDays, {
    direction,
    target: targetOf(moment),
    ...(isShadow && { afternoon: true, drift: SHADOW_DRIFT }),
  });
  if (polar === "clamp") return new Clamped(halfDays, direction, crossings);
  if (polar === undefined || "at" in polar || moment.kind !== "altitude") return crossings;
  return new NightPortions(halfDays, direction, crossings, nightPortion(polar.night, moment.altitude));
}
