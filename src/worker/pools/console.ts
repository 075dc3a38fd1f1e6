import { format } from "node:util";
import { ambientFields } from "../../tasks/context.js";
import { Output, type OutputParts } from "./output.js";

const METHODS = ["debug", "info", "log", "warn", "error"] as const;

/**
 * From now on, what running tasks of this process give `console` is told as lines of the log. All else goes where it went. Gives what
 * ends it.
 */
export function takeConsole(
  parts: OutputParts,
  target: Pick<Console, (typeof METHODS)[number]> = console,
): () => void {
  const output = new Output(parts);
  const originals = METHODS.map((method) => [method, target[method]] as const);
  // The log may write by `console` itself.
  let isTelling = false;
  for (const [method, original] of originals) {
    target[method] = (...values: unknown[]) => {
      const fields = ambientFields();
      if (fields === undefined || isTelling) return original.apply(target, values);
      isTelling = true;
      try {
        output.write(method === "log" ? "stdout" : "stderr", Buffer.from(`${format(...values)}\n`), fields);
      } finally {
        isTelling = false;
      }
    };
  }
  return () => {
    output.close("tasks");
    for (const [method, original] of originals) target[method] = original;
  };
}
