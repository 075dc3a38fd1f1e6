/**
 * Local times, counted in units from the epoch as though local time were UTC; no zone and no instant. A unit is a
 * minute, or a second where the times have seconds.
 */
export interface LocalTimes {
  /** Units in a minute: 1 or 60. */
  readonly perMinute: number;
  readonly perDay: number;
  /** A search may have to look this many days ahead. */
  readonly horizonDays: number;
  /** The first time at or after `from`, or Infinity: none comes any more. */
  next(from: number): number;
  /** The last time at or before `to`, or -Infinity. */
  previous(to: number): number;
}
