/** Copies of a build in which some text is another. */
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

export interface Change {
  /** Below `dist`. */
  readonly file: string;
  /** Each of its places is changed. */
  readonly find: string;
  readonly put: string;
}

export interface Mutated {
  /** Its `dist`. */
  readonly dist: string;
  dispose(): void;
}

/** Throws when a text is not there: whoever changes that code, or moves the base, changes the mutant. */
export function mutated(dist: string, changes: readonly Change[]): Mutated {
  const folder = mkdtempSync(path.join(tmpdir(), "sunbeat-mutant-"));
  const from = path.dirname(dist);
  const mutant = {
    dist: path.join(folder, "dist"),
    dispose: () => rmSync(folder, { recursive: true, force: true }),
  };
  cpSync(dist, mutant.dist, { recursive: true });
  cpSync(path.join(from, "package.json"), path.join(folder, "package.json"));
  symlinkSync(path.join(from, "node_modules"), path.join(folder, "node_modules"), "junction");
  for (const { file, find, put } of changes) {
    const place = path.join(mutant.dist, file);
    const text = readFileSync(place, "utf8");
    if (!text.includes(find)) {
      mutant.dispose();
      throw new Error(`dist/${file} has no "${find}" to mutate: fit the mutant to the build`);
    }
    writeFileSync(
      place,
      text.replaceAll(find, () => put),
    );
  }
  return mutant;
}
