/** The days of a year, a row a month: days off are marked, days that a calendar does not cover are pale. */
import type { JSX } from "preact";

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
  return (
    <div class="scroll" role="region" aria-label={`days of ${year}`} tabIndex={0}>
      <table class="year">
        <caption>{year}</caption>
        <tbody>
          {MONTHS.map((month, index) => (
            <tr key={month}>
              <th scope="row">{month}</th>
              {Array.from({ length: new Date(Date.UTC(year, index + 1, 0)).getUTCDate() }, (_, day) => {
                const date = `${String(year).padStart(4, "0")}-${two(index + 1)}-${two(day + 1)}`;
                const weekday = new Date(`${date}T00:00Z`).getUTCDay();
                const isOff = names.has(date);
                const kind = isOff ? "off" : date < covers.from || date > covers.to ? "beyond" : "";
                return (
                  <td
                    key={date}
                    class={`${kind} ${weekday % 6 === 0 ? "weekend" : ""}`}
                    title={isOff ? `${date} ${names.get(date) ?? ""}` : date}
                  >
                    {isOff ? <strong>{day + 1}</strong> : day + 1}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
