/** A calendar of days off as text: a line for each day, with its name; and what such a text means. Pure. */
export interface CalendarForm {
  readonly covers: { readonly from: string; readonly to: string };
  readonly source: string | null;
  readonly days: readonly { readonly date: string; readonly name: string | null }[];
}

export const textOfDays = (days: CalendarForm["days"]): string =>
  days.map(({ date, name }) => (name === null ? date : `${date} ${name}`)).join("\n");

/** "2027-01-06 Epiphany"; also a list as JSON. Throws an error that names the line. */
export function daysOfText(
  text: string,
): readonly (string | { readonly date: string; readonly name: string })[] {
  if (text.trim().startsWith("[")) return JSON.parse(text) as readonly string[];
  return text.split("\n").flatMap((line, index) => {
    if (line.trim() === "") return [];
    const [, date, name = ""] = /^\s*(\d{4}-\d\d-\d\d)\s*(.*?)\s*$/.exec(line) ?? [];
    if (date === undefined)
      throw new Error(`line ${index + 1}: expected a date and its name, such as 2027-01-06 Epiphany`);
    return name === "" ? date : { date, name };
  });
}
