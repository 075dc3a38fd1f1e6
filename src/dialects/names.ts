const LONGEST = 60;

/** A text as the name of an entry or task: small letters, digits, `-`, `_` and `.`; "" where nothing is left. */
export function slug(text: string): string {
  const words = text
    .toLowerCase()
    .slice(0, 1_000)
    .replace(/[^a-z0-9._-]+/g, "-");
  return words
    .slice(0, LONGEST)
    .replace(/^[-._]+/, "")
    .replace(/(?<![-._])[-._]+$/, "");
}

/** Programs that run another one, and what only says how. */
const WRAPPERS = new Set(
  (
    "sudo nice ionice nohup time timeout flock chronic cronic exec env bash sh zsh dash perl python python2 python3 php " +
    "node ruby command test [ [[ cd root sleep if then export source . su setlock run-one logger date echo umask true"
  ).split(" "),
);

/** The name of the program that a command runs: "/usr/local/bin/backup.sh --all" is "backup". */
export function programOf(command: string): string {
  for (const part of command.slice(0, 2_000).split(/&&|\|\||;/)) {
    if (/^\s*(?:\[|test\s|cd\s)/.test(part)) continue;
    for (const word of part.trim().split(/[ \t]+/)) {
      const bare = word.replace(/["'`(){}]/g, "");
      if (bare === "" || /^[-$<>|&0-9*]/.test(bare) || /^\w+=/.test(bare)) continue;
      const file = bare.slice(bare.lastIndexOf("/") + 1);
      if (WRAPPERS.has(file)) continue;
      const name = slug(file.replace(/\.(?:sh|bash|py|pl|php|rb|js|mjs|ts|phar)$/, ""));
      if (name !== "") return name;
    }
  }
  return "";
}
