import { TaskError } from "../core/errors.js";
import { quote } from "../core/quote.js";
import type { StandardSchema } from "../tasks/definition.js";

/** Only so many issues are told: a list of a million wrong items must not become a message of that length. */
const MAX_ISSUES = 5;

/**
 * The arguments with the first one as the schema gives it back. Throws SUNBEAT_PAYLOAD_INVALID with the place and
 * text of what does not fit.
 */
export async function validInput(
  schema: StandardSchema,
  args: readonly unknown[],
): Promise<readonly unknown[]> {
  const answer = await schema["~standard"].validate(args[0]);
  if (answer.issues === undefined) return [answer.value, ...args.slice(1)];
  const issues = answer.issues
    .slice(0, MAX_ISSUES)
    .map(({ message, path = [] }) => `${placeOf(path)}: ${message}`);
  const more = answer.issues.length - issues.length;
  throw new TaskError(
    "SUNBEAT_PAYLOAD_INVALID",
    `the first argument does not fit the task's input: ${issues.join("; ")}${more > 0 ? `; and ${more} more` : ""}`,
    { details: { issues } },
  );
}

function placeOf(path: readonly (PropertyKey | { readonly key: PropertyKey })[]): string {
  let place = "args[0]";
  for (const step of path) {
    const key = typeof step === "object" ? step.key : step;
    place += typeof key === "string" && /^[A-Za-z_$][\w$]*$/.test(key) ? `.${key}` : `[${quote(key)}]`;
  }
  return place;
}
