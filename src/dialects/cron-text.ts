import { quote } from "../core/quote.js";
import { durationMs } from "../core/duration.js";
import { Refusal } from "./findings.js";
import { type Written, writtenEvery } from "./written.js";

/** Five fields of a cron as ours has them. */
export interface CronText {
  readonly text: string;
  /** Whether it needs `extended`. */
  readonly isExtended: boolean;
  /** An item such as "5/15", which is written as a range. */
  readonly fromSteps: string | undefined;
  readonly isRandom: boolean;
}

const LASTS = ["59", "23", "31", "12", "6"];

/** `n/step` as a range to the end of the field, `~` as `H`. Throws `Refusal`; the rest is left to `crontab`. */
export function cronText(fields: readonly string[]): CronText {
  let fromSteps: string | undefined;
  let isRandom = false;
  const written = fields.map((field, index) => {
    const last = LASTS[index]!;
    if (field.length > 1_024) throw new Refusal("a field is too long");
    return field
      .split(",")
      .map((item) => {
        if (item.includes("~")) {
          isRandom = true;
          return hashed(item, last, index);
        }
        const [, from, step] = /^(\d+)\/(\d+)$/.exec(item) ?? [];
        if (from === undefined) return item;
        fromSteps ??= item;
        return `${from}-${last}/${step}`;
      })
      .join(",");
  });
  return { text: written.join(" "), isExtended: isRandom, fromSteps, isRandom };
}

/** `~` alone is any value, either end may be missing; with a step the start is random. */
function hashed(item: string, last: string, index: number): string {
  const [, from, to, step] = /^(\d*)~(\d*)(?:\/(\d+))?$/.exec(item) ?? [];
  if (from === undefined || to === undefined) throw new Refusal(`${quote(item)} is no random value`);
  const first = index === 2 || index === 3 ? "1" : "0";
  const isWhole = (from === "" || Number(from) === Number(first)) && (to === "" || to === last);
  if (step !== undefined) {
    if (!isWhole)
      throw new Refusal(
        `${quote(item)}: a random start with a step must be of the whole field, as ~/${step}`,
      );
    return `H/${step}`;
  }
  return isWhole && index !== 2 ? "H" : `H(${from || first}-${to || last})`;
}

/** "1h30m" of Go. Throws `Refusal`, or as `every` does. */
export function everyText(text: string): Written {
  const parts = [...text.matchAll(/(\d{1,9}(?:\.\d{1,6})?)(ms|h|m|s)/g)];
  if (parts.map(([part]) => part).join("") !== text || text === "") {
    throw new Refusal(`@every: expected a duration such as 1h30m, got ${quote(text)}`);
  }
  const everyMs = parts.reduce((sum, [part]) => sum + durationMs(part, "@every"), 0);
  return writtenEvery(everyMs);
}
