/** A time of day: "09:30" or "09:30:15", from 00:00 to 23:59:59. */
export type TimeOfDay = `${number}:${number}` | `${number}:${number}:${number}`;

const FORM = /^(\d\d):(\d\d)(?::(\d\d))?$/;

/** Seconds since midnight of a time of day before `hours`; undefined: it is none. */
export function secondsOfTime(text: unknown, hours = 24): number | undefined {
  const match = typeof text === "string" ? FORM.exec(text) : null;
  if (match === null) return undefined;
  const [hour, minute, second] = [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)];
  if (hour >= hours || minute > 59 || second > 59) return undefined;
  return (hour * 60 + minute) * 60 + second;
}

/** "09:30", with seconds only where there are any. */
export function formatTime(seconds: number): TimeOfDay {
  const two = (value: number): string => String(value).padStart(2, "0");
  const second = seconds % 60;
  const minutes = Math.floor(seconds / 60);
  const text = `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
  return (second === 0 ? text : `${text}:${two(second)}`) as TimeOfDay;
}
