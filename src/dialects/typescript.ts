import { visible } from "../core/quote.js";
import type { Draft, ImportRemark } from "./findings.js";
import { keyOf, literal } from "./written.js";

/** A module with the entries, each below what is said of its lines. */
export function typescriptOf(
  dialect: string,
  drafts: readonly Draft[],
  remarks: readonly ImportRemark[],
): string {
  const uses = [...new Set(drafts.flatMap(({ written }) => written.uses))].sort();
  const imports = [...uses, "type EntryOptions"].join(", ");
  const owners = ownersOf(drafts, remarks);
  const loose = remarks.filter((remark) => !owners.has(remark));
  return [
    `import { ${imports} } from "sunbeat";`,
    "",
    ...loose.map((remark) => comment(remark)),
    ...(loose.length > 0 ? [""] : []),
    `/** Read from ${dialect}. */`,
    "export const beatSchedule = {",
    ...drafts.flatMap((draft) => [
      ...remarks.filter((remark) => owners.get(remark) === draft).map((remark) => `  ${comment(remark)}`),
      `  ${keyOf(draft.name)}: ${entryOf(draft)},`,
    ]),
    "} satisfies Record<string, EntryOptions>;",
    "",
  ].join("\n");
}

/** The entry of which a remark tells: the one that its line belongs to, else the last that begins before it. */
function ownersOf(
  drafts: readonly Draft[],
  remarks: readonly ImportRemark[],
): ReadonlyMap<ImportRemark, Draft> {
  const byLine = new Map(drafts.flatMap((draft) => draft.lines.map((line) => [line, draft] as const)));
  const pairs = remarks.flatMap((remark) => {
    const owner = remark.kind === "refused" ? undefined : byLine.get(remark.line);
    return owner === undefined ? [] : [[remark, owner] as const];
  });
  return new Map(pairs);
}

function comment({ line, kind, message }: ImportRemark): string {
  return `// line ${line}: ${kind}: ${visible(message)}`;
}

function entryOf({ task, written, parts }: Draft): string {
  const [open, ...rest] = [`task: ${literal(task)}`, `schedule: ${written.source}`, ...partsOf(parts)];
  return `{ ${[open, ...rest].join(", ")} }`;
}

function partsOf(parts: object): string[] {
  return Object.entries(parts).map(([key, value]) => `${key}: ${literal(value)}`);
}
