import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";

const YEARS = 10;
let known: string | undefined;

/**
 * The version of the time zone data that this process computes with, such as "2026a". Where a runtime does not tell it, "#" and a
 * hash of the offsets that its zones have in the ten years from 2025 on.
 */
export function tzVersion(): string {
  return (known ??= process.versions["tz"] ?? hashOfOffsets());
}

function hashOfOffsets(): string {
  const hash = createHash("sha256");
  for (const timeZone of Intl.supportedValuesOf("timeZone")) {
    const format = new Intl.DateTimeFormat("en", { timeZone, timeZoneName: "longOffset", year: "numeric" });
    for (let month = 0; month < 12 * YEARS; month++) hash.update(format.format(Date.UTC(2025, month)));
  }
  return `#${hash.digest("hex").slice(0, 12)}`;
}

/** Whether the data of version `a` came out before those of `b`. False where one of them tells no version. */
export function isOlderTz(a: string, b: string): boolean {
  return !a.startsWith("#") && !b.startsWith("#") && a < b;
}

/** Of the system's zoneinfo: where it says so, in the order in which it is looked for. */
const SYSTEM_FILES = ["tzdata.zi", "+VERSION"].map((file) => `/usr/share/zoneinfo/${file}`);

/** The version of the time zone data of the system, such as "2026a"; null: it does not tell. */
export async function systemTzVersion(files: readonly string[] = SYSTEM_FILES): Promise<string | null> {
  for (const file of files) {
    try {
      const [line = ""] = (await readFile(file, "utf8")).split("\n", 1);
      const version = /^(?:# version )?(\d{4}[a-z]{1,2})$/.exec(line.trim())?.[1];
      if (version !== undefined) return version;
    } catch {
      // The next one may be there.
    }
  }
  return null;
}
