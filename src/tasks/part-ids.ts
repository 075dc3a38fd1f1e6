import { createHash } from "node:crypto";

/** Parts that grow from one of a longer id are named by its hash. */
export const LONGEST_PARENT_ID = 200;

/** How ids of what grows from a part begin: "<part>/", or "<graph>:~<hash of the part>/". */
export function grownPrefix(graph: string, part: string): string {
  if (part.length <= LONGEST_PARENT_ID) return `${part}/`;
  return `${graph}:~${createHash("sha256").update(part).digest("hex").slice(0, 16)}/`;
}
