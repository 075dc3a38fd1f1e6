/** What scripts/lua.mjs would write, and what the header of a script says. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = new URL("../../", import.meta.url);

/** The text of the generated module, made by the script itself in a process of its own. */
export function render(): string {
  const code = 'import("./scripts/lua.mjs").then(({ render }) => process.stdout.write(render()))';
  const { stdout, stderr, status } = spawnSync(process.execPath, ["-e", code], {
    cwd: fileURLToPath(root),
    encoding: "utf8",
    maxBuffer: 2 ** 24,
  });
  if (status !== 0) throw new Error(stderr);
  return stdout;
}

/** Read without the embedding script: names at an indent of three under ARGV. */
export function describeHeader(name: string) {
  const source = readFileSync(new URL(`src/store/redis/scripts/${name}.lua`, root), "utf8");
  const lines = source.split("\n");
  const header = lines.slice(
    0,
    lines.findIndex((line) => !line.startsWith("--")),
  );
  const below = (title: string): string[] => {
    const found: string[] = [];
    const from = header.indexOf(`-- ${title}`);
    for (const line of from < 0 ? [] : header.slice(from + 1)) {
      if (!line.startsWith("--   ")) break;
      const [, word] = /^-- {3}(\S+)/.exec(line) ?? [];
      if (word !== undefined) found.push(word);
    }
    return found;
  };
  return {
    sentence: /^-- [A-Z].*/.test(header[0] ?? ""),
    returns: header.some((line) => line.startsWith("-- Returns:")),
    args: below("ARGV").filter((arg) => !arg.endsWith("...")),
  };
}
