import type { EpochMs } from "../core/clock.js";
import { formatDay } from "../schedules/civil.js";
import { zone } from "../schedules/index.js";
import { localOf } from "../schedules/zone.js";

const DAY_MS = 86_400_000;

/** "02:30 Europe/Paris", with its day where that is not the one of `now`; null: always. */
export function formatInstant(at: EpochMs, timezone: string, now: EpochMs | null): string {
  const local = localOf(zone(timezone), at);
  const day = Math.floor(local / DAY_MS);
  const isToday = now !== null && day === Math.floor(localOf(zone(timezone), now) / DAY_MS);
  const end = local % 60_000 === 0 ? 16 : 19;
  const time = new Date(local - day * DAY_MS).toISOString().slice(11, end);
  return `${isToday ? "" : `${formatDay(day)} `}${time} ${timezone}`;
}
