/**
 * Characters that steer instead of being seen: controls (of C1, too: U+009B begins an escape sequence as `ESC [` does), line
 * separators, and those that turn the direction of text.
 */
const STEERING = String.raw`\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}`;
/** Those, halves of characters, and characters without width. */
const UNPRINTABLE = String.raw`${STEERING}\p{Surrogate}\u200b\u2060\ufeff`;

const ANYWHERE = new RegExp(`[${UNPRINTABLE}]`, "u");
const IN_TEXT = new RegExp(`(?![\\n\\t])[${UNPRINTABLE}]`, "gu");
const IN_LINE = new RegExp(`[${UNPRINTABLE}]`, "gu");
const STEERING_RUN = new RegExp(`[${STEERING}]+`, "gu");

/** Whether all of a name is seen where it is printed. */
export function isPrintable(name: string): boolean {
  return !ANYWHERE.test(name);
}

/**
 * Text from anywhere as a terminal or a log may have it: what would steer either is shown, `\x1b` for the start of an
 * escape sequence. Lines and tabs stay.
 */
export function printable(text: string): string {
  return ANYWHERE.test(text) ? text.replaceAll("\r\n", "\n").replace(IN_TEXT, shown) : text;
}

/** The same in one line. */
export function printableLine(text: string): string {
  return ANYWHERE.test(text) ? text.replace(IN_LINE, shown) : text;
}

/** Colours, moves of the cursor, titles of windows: with their text, which says nothing without them. */
const ESCAPES = /[\x1b\x9b](?:\][^\x07\x1b]*(?:\x07|\x1b\\)?|[[()#;?]*[0-9;:?]*[ -/]*[@-~])?/g;

/** The same for reading on: escape sequences are left out, and a space stands for whatever else steers, lines and tabs too. */
export function readableLine(text: string): string {
  if (!ANYWHERE.test(text)) return text;
  return printableLine(text.replace(ESCAPES, "").replace(STEERING_RUN, " "));
}

/** A value as JSON in which the same characters are escaped, so that it reads back as it was. */
export function printableJson(value: unknown, indent?: number): string {
  const text = JSON.stringify(value, null, indent) as string | undefined;
  return text === undefined ? "null" : text.replace(IN_TEXT, (character) => `\\u${hex(character, 4)}`);
}

function shown(character: string): string {
  if (character === "\n") return "\\n";
  if (character === "\r") return "\\r";
  if (character === "\t") return "\\t";
  return character < "\u0100" ? `\\x${hex(character, 2)}` : `\\u${hex(character, 4)}`;
}

function hex(character: string, digits: number): string {
  return character.charCodeAt(0).toString(16).padStart(digits, "0");
}
