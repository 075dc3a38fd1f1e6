/**
 * What tests need of the system they run on, and npm does not bring. Where it is missing, root on Debian or Ubuntu gets it
 * through apt; elsewhere the run fails and says how to install it. It is never skipped.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

export interface SystemProgram {
  /** What is needed, and for what: the beginning of a sentence about how to install it. */
  readonly need: string;
  /** The package of Debian and Ubuntu. */
  readonly apt: string;
  /** The commands of other systems, by their names. */
  readonly elsewhere: Readonly<Record<string, string>>;
  /** Where it is now, or undefined. */
  readonly find: () => string | undefined;
}

/** What `find` gives, after an installation where it gave nothing. Throws the commands where that is not possible. */
export function fromSystem(program: SystemProgram): string {
  const { apt, find } = program;
  const present = find();
  if (present !== undefined) return present;
  if (process.getuid?.() === 0 && hasApt()) {
    console.error(`test: installing ${apt} through apt`);
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    for (const args of [["update"], ["install", "-y", "--no-install-recommends", apt]]) {
      spawnSync("apt-get", args, { stdio: ["ignore", "ignore", "inherit"], env });
    }
  }
  const installed = find();
  if (installed === undefined) throw new Error(howTo(program));
  return installed;
}

function howTo({ need, apt, elsewhere }: SystemProgram): string {
  const commands = Object.entries({ "Debian, Ubuntu": `apt-get install -y ${apt}`, ...elsewhere });
  const lines = commands.map(([system, command]) => `  ${`${system}:`.padEnd(16)} ${command}`);
  return [`${need}. Install it:`, ...lines].join("\n");
}

function hasApt(): boolean {
  try {
    return /^ID(_LIKE)?=.*(debian|ubuntu)/m.test(readFileSync("/etc/os-release", "utf8"));
  } catch {
    return false; // not a Linux of the kind that has the file
  }
}
