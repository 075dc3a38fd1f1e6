import type { EpochMs } from "../../core/clock.js";
import { zoneLints as zoneLintsOf } from "../local/zone-lints.js";
import type { Lint } from "../schedule.js";
import { meaningOf } from "../zone-names.js";
import type { CompiledCrontab } from "./compile.js";
import { isComplete } from "./expand.js";

/** What the zone's name means, where people take it for something else. */
export function zoneNameLints({ zone }: CompiledCrontab): Lint[] {
  const meaning = meaningOf(zone.name);
  return meaning === undefined ? [] : [{ code: "zone-name", field: "timezone", ...meaning }];
}

/** What the zone's coming changes do to a crontab. */
export function zoneLints(crontab: CompiledCrontab, from: EpochMs): Lint[] {
  const { jobClass, settings, values, expression } = crontab;
  const isHourly = isComplete(values.hour, expression.fields.hour.spec);
  return zoneLintsOf({ local: crontab, jobClass, dst: settings.dst, isHourly }, from);
}
