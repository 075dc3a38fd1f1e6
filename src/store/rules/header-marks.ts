/** Headers of a mark as one text, whatever the order in which they were given. */
export function headersText(headers: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.entries(headers).sort(([a], [b]) => (a < b ? -1 : 1)));
}
