import type { VerbInfo } from "../control/index.js";

/** The verbs of a command, for its help. */
export function verbHelp(verbs: Readonly<Record<string, VerbInfo>>, hidden: readonly string[] = []): string {
  const rows = Object.entries(verbs)
    .filter(([verb]) => !hidden.includes(verb))
    .map(([verb, { params, says, keeps }]) => {
      const usage = [snake(verb), ...params.map((param) => param.replace(/\.\.\.$/, "").toUpperCase())].join(
        " ",
      );
      return [usage, `${says}${keeps === "until restart" ? " (until restart)" : ""}`] as const;
    });
  const width = Math.max(...rows.map(([usage]) => usage.length));
  return `\nVerbs:\n${rows.map(([usage, says]) => `  ${usage.padEnd(width)}  ${says}`).join("\n")}`;
}

/** As on Celery's command line. */
export function snake(verb: string): string {
  return verb.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
