import { clocked, crontab, every, solar, type BuiltInSchedule } from "../../src/schedules/index.js";

/** What every kind of schedule must keep. A defect found in one kind becomes a row or a law for all. */
export const SCHEDULES: [kind: string, schedule: BuiltInSchedule][] = [
  ["interval", every("7m")],
  ["interval with offset", every("1h30m", { offset: "-11ms" })],
  ["longest interval", every({ days: 36_525 })],
  ["crontab", crontab("*/5 * * * *")],
  ["crontab with seconds", crontab("15 30 2 * * mon-fri", { timezone: "America/New_York" })],
  ["crontab in a zone", crontab("40 2 * * *", { timezone: "Europe/Paris" })],
  ["crontab on leap days", crontab("0 0 29 2 *", { timezone: "Australia/Lord_Howe" })],
  ["crontab in object form", crontab({ hour: [7, 19], dayOfWeek: "fri" })],
  ["crontab that never comes", crontab("0 0 30 2 *")],
  ["@reboot", crontab("@reboot")],
  ["sunset", solar("sunset", 48.8566, 2.3522, { offset: "-30m" })],
  ["sunrise in the Arctic", solar("sunrise", 78.2232, 15.6267)],
  ["dusk at the pole", solar("dusk_civil", -90, 0)],
  ["solar noon", solar("solar_noon", -16.8, 179.95)],
  ["an altitude", solar({ altitude: -4, direction: "rising" }, 1.87, -157.43)],
  ["asr", solar("asr", 48.8566, 2.3522)],
  [
    "sunset within bounds",
    solar("sunset", 59.33, 18.07, { notBefore: "18:00", notAfter: "21:30", timezone: "Europe/Stockholm" }),
  ],
  [
    "sunrise, and a time in the polar night",
    solar("sunrise", 69.65, 18.96, { polar: { at: "06:00" }, offset: "-2h", timezone: "Europe/Oslo" }),
  ],
  ["sunset, clamped", solar("sunset", 78.2232, 15.6267, { polar: "clamp" })],
  ["dawn by the night", solar("dawn_astronomical", 59.91, 10.75, { polar: { night: 1 / 7 } })],
  ["a window of the Sun", every("1h").between(solar("sunrise", 69.65, 18.96), solar("sunset", 69.65, 18.96))],
  ["clocked", clocked("2027-03-28T01:00:00Z")],
];
