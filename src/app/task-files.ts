/** The files that declare an app's tasks: named by `include` and `autodiscover`, imported when the app's own file has been. */
import { ConfigurationError } from "../core/errors.js";
import { quote } from "../core/quote.js";

interface Named {
  readonly pattern: string;
  readonly what: string;
  /** Null: the app's file. */
  readonly from: string | null;
}

export class TaskFiles {
  #named: readonly Named[];
  #last: Promise<readonly string[]> = Promise.resolve([]);

  readonly #onImport: (files: readonly string[]) => void;

  /** `onImport` is told of the files before the first of them is imported. */
  constructor(include: readonly string[], onImport: (files: readonly string[]) => void) {
    this.#onImport = onImport;
    this.#named = include.map((pattern) => ({ pattern, what: "include", from: null }));
  }

  /** `from`: the file that they are relative to; null: the app's. */
  add(patterns: readonly string[], from: string | null): void {
    this.#named = [...this.#named, ...patterns.map((pattern) => ({ pattern, what: "autodiscover", from }))];
  }

  /**
   * Imports what is named and not imported yet, what these files name among it. `file`: the app's, a path; `folder`: places in errors
   * are relative to it. Codes: SUNBEAT_INCLUDE_EMPTY, SUNBEAT_APP_LOAD_FAILED, and those of what the files ask of sunbeat.
   */
  import(file: string, folder: string): Promise<readonly string[]> {
    const next = (): Promise<readonly string[]> => this.#import(file, folder);
    this.#last = this.#last.then(next, next);
    return this.#last;
  }

  async #import(file: string, folder: string): Promise<readonly string[]> {
    const imported = new Set<string>();
    while (this.#named.length > 0) {
      const named = this.#named;
      const { importTaskFiles } = await import("../loader/import-tasks.js");
      const patterns = named.map(({ from, ...one }) => ({ ...one, from: from ?? file }));
      const options = { file, folder, onImport: this.#onImport };
      for (const one of await importTaskFiles(patterns, options)) imported.add(one);
      // Only now: until then a worker would lack tasks.
      this.#named = this.#named.slice(named.length);
    }
    return [...imported];
  }

  /** Throws SUNBEAT_INCLUDE_PENDING: a worker would not know the tasks, and a beat not their queues. */
  assertImported(what: string): void {
    const [first] = this.#named;
    if (first === undefined) return;
    throw new ConfigurationError(
      "SUNBEAT_INCLUDE_PENDING",
      `${what}: the files of ${first.what}: ${quote(first.pattern)} are not imported; in a program of your own, write ` +
        "await app.importTasks(import.meta.url) before, with the URL of the app's file",
      { details: { patterns: this.#named.map(({ pattern }) => pattern) } },
    );
  }
}
