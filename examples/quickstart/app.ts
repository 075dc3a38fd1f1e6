import { Sunbeat, crontab, every, solar } from "sunbeat";

/**
 * The sun is always setting somewhere. This finds the place on the equator where it sets in a few seconds,
 * so that the first minutes show a solar entry at work; yours would name the place you care about.
 */
function longitudeOfNextSunset(inMs: number): number {
  const wanted = Date.now() + inMs;
  let longitude = 0;
  for (let round = 0; round < 8; round++) {
    const sunset = solar("sunset", 0, longitude).next(wanted - 43_200_000)!;
    // The line of sunset moves west by one degree in four minutes.
    longitude += (sunset - wanted) / 240_000;
    longitude = ((((longitude + 180) % 360) + 360) % 360) - 180;
  }
  return longitude;
}

const longitude = longitudeOfNextSunset(8_000);

export const app = new Sunbeat("quickstart", {
  broker: process.env.SUNBEAT_BROKER ?? "sqlite:./quickstart.db",
  logResults: true,
  beatSchedule: {
    "add-every-3-seconds": { task: "tasks.add", schedule: every("3s"), args: [16, 16] },
    "crontab-every-5-seconds": { task: "tasks.greet", schedule: crontab("*/5 * * * * *"), args: ["crontab"] },
    "sunset-on-the-equator": { task: "lamps.on", schedule: solar("sunset", 0, longitude), args: [longitude] },
    payroll: {
      task: "tasks.greet",
      schedule: crontab("30 2 * * mon-fri", { timezone: "Europe/Paris" }),
      args: ["payroll"],
    },
  },
});

export const add = app.task("tasks.add", (x: number, y: number) => x + y);

export const greet = app.task("tasks.greet", { bind: true }, (self, who: string) => {
  return `${who} was due at ${self.request.scheduledFor?.toISOString() ?? "no particular time"}`;
});

export const lamps = app.task(
  "lamps.on",
  (at: number) => `lamps on at latitude 0, longitude ${at.toFixed(3)}`,
);
