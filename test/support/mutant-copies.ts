/** Copies of folders of src, compiled, each with one text of a file changed: for tests that take out a check, and must see it. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import ts from "typescript";

const SRC = path.resolve(import.meta.dirname, "../../src");

/** One text in the place of another. */
export interface Change {
  /** Below src. */
  readonly file: string;
  /** Stands once in the file. */
  readonly find: string;
  readonly put: string;
}

export class MutantCopies {
  readonly #folder: string;
  readonly #texts: ReadonlyMap<string, string>;
  readonly #compiled: ReadonlyMap<string, string>;
  #made = 0;

  /** In `folder`, which is the caller's to remove; `parts`: folders below src, with those in them where the name ends with a slash. */
  constructor(folder: string, parts: readonly string[]) {
    this.#folder = folder;
    writeFileSync(path.join(folder, "package.json"), '{ "type": "module" }');
    const files = parts.flatMap((part) =>
      readdirSync(path.join(SRC, part), { withFileTypes: true, recursive: part.endsWith("/") })
        .filter((entry) => entry.isFile())
        .map(({ parentPath, name }) => path.join(path.relative(SRC, parentPath), name)),
    );
    this.#texts = new Map(files.map((file) => [file, readFileSync(path.join(SRC, file), "utf8")]));
    this.#compiled = new Map([...this.#texts].map(([file, text]) => [file, compiled(text)]));
  }

  /** A new copy. `change` null: of the code as it is. Throws where `find` does not stand once. */
  make(change: Change | null): MutantCopy {
    const root = path.join(this.#folder, String(this.#made++));
    const mutant = change && this.#changed(change);
    for (const [file, text] of this.#compiled) {
      const target = path.join(root, file.replace(/\.ts$/, ".js"));
      mkdirSync(path.dirname(target), { recursive: true });
      writeFileSync(target, file === change?.file ? mutant! : text);
    }
    return {
      root,
      load: async <T>(file: string) =>
        (await import(/* @vite-ignore */ pathToFileURL(path.join(root, file)).href)) as T,
    };
  }

  #changed({ file, find, put }: Change): string {
    const text = this.#texts.get(file);
    if (text?.split(find).length !== 2) throw new Error(`${file} has not once: ${find}`);
    return compiled(text.replace(find, () => put));
  }
}

export interface MutantCopy {
  readonly root: string;
  /** The module of a compiled file, such as "http/guard.js". */
  load<T>(file: string): Promise<T>;
}

function compiled(text: string): string {
  const { ES2022, ESNext } = { ES2022: ts.ScriptTarget.ES2022, ESNext: ts.ModuleKind.ESNext };
  return ts.transpileModule(text, { compilerOptions: { target: ES2022, module: ESNext } }).outputText;
}
