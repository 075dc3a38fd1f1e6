import { quote } from "../core/quote.js";

/** More than this is not quoted in whole, and half a text is no proposal. */
const LONGEST_ARGUMENT = 80;

/**
 * A call as it is to be written, for proposals in messages: `crontab("0 5 * * *", { timezone: "UTC" })`. Undefined when
 * the text is too long to stand in a message.
 */
export function callText(
  name: string,
  text: string,
  options: Readonly<Record<string, string | boolean>> = {},
): string | undefined {
  const argument = quote(text, Infinity);
  if (argument.length > LONGEST_ARGUMENT) return undefined;
  const written = Object.entries(options).map(([key, value]) => `${key}: ${quote(value)}`);
  return `${name}(${argument}${written.length === 0 ? "" : `, { ${written.join(", ")} }`})`;
}
