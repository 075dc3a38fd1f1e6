/** The days of a year, a row a month: days off are marked, days that a calendar does not cover are pale. */
import type { JSX } from "preact";
import { some } from "../lib/time.js";

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"] as const;
const two = (value: number): string => String(value).padStart(2, "0");

export function YearGrid({
  year,
  names,
  covers,
}: {
  readonly year: number;
  /** Of days off, by date. */
  readonly names: ReadonlyMap<string, string | null>;
  readonly covers: { readonly from: string; readonly to: string };
}): JSX.Element {
  const begin = `${String(year).padStart(4, "0")}-`;
  const off = [...names.keys()].filter((date) => date.startsWith(begin));
  return (
    <div class="year-scroll" role="region" aria-label={`days of ${year}`} tabIndex={0}>
      <div
        class="year"
        role="img"
        aria-label={`${some(off.length, "day")} off in ${year}: ${off.join(", ")}`}
      >
        {MONTHS.map((month, index) => (
          <div key={month}>
            <b>{month}</b>
            {Array.from({ length: new Date(Date.UTC(year, index + 1, 0)).getUTCDate() }, (_, day) => {
              const date = `${begin}${two(index + 1)}-${two(day + 1)}`;
              const isWeekend = new Date(`${date}T00:00Z`).getUTCDay() % 6 === 0;
              const isOff = names.has(date);
              const kind = isOff ? "off" : date < covers.from || date > covers.to ? "beyond" : "";
              return (
                <span
                  key={date}
                  class={`${kind}${isWeekend ? " weekend" : ""}`}
                  title={`${date} ${names.get(date) ?? ""}`}
                >
                  {day + 1}
                </span>
              );
            })}
          </div>
        ))}
      </div>
    </div>
  );
}
