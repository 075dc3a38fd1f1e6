/**
 * The small part of a SQLite driver that the store needs: the API shared by `node:sqlite` and the package
 * `@photostructure/sqlite`. Types are our own, since `@types/node` of the oldest supported Node has none.
 */
import { ConfigurationError, messageOf } from "../../core/errors.js";
import { withoutWarning } from "../../core/warnings.js";

export type SqlValue = string | number | null;
export type Row = Readonly<Record<string, SqlValue>>;

export interface Statement {
  run(...values: readonly SqlValue[]): { readonly changes: number | bigint };
  get(...values: readonly SqlValue[]): unknown;
  all(...values: readonly SqlValue[]): unknown[];
}

/** One open database. Every call is synchronous and throws the driver's own error (errors.ts reads it). */
export interface Handle {
  exec(sql: string): void;
  prepare(sql: string): Statement;
  function(name: string, options: { readonly varargs: true }, body: (...values: SqlValue[]) => null): void;
  close(): void;
}

/**
 * The rows of a query whose one column is `row(...)`, as what was in the brackets, without a statement. The package has no
 * way to end a statement, and a handle is closed, and its locks are given back, only once its statements are cleared up:
 * at any time. So whoever is to close a handle at once asks in this way.
 */
export function ask(handle: Handle, sql: string): SqlValue[][] {
  const rows: SqlValue[][] = [];
  handle.function("row", { varargs: true }, (...values) => {
    rows.push(values);
    return null;
  });
  handle.exec(sql);
  return rows;
}

interface DriverModule {
  readonly DatabaseSync: new (path: string, options: { readonly readOnly: boolean }) => Handle;
}

export interface Driver {
  /** What another program imports to get the same driver. */
  readonly specifier: string;
  open(path: string, readOnly?: boolean): Handle;
}

const PACKAGE = "@photostructure/sqlite";

/**
 * `node:sqlite` where the runtime has one whose write-ahead log is safe, else the optional package, else `node:sqlite`
 * with a slower journal. Loaded at the first call, never at import. Throws SUNBEAT_DRIVER_MISSING with the one command
 * that helps.
 */
export async function loadDriver(): Promise<Driver> {
  const builtin = builtinDriver();
  if (builtin && hasSafeLog(process.versions.sqlite ?? "")) return driver("node:sqlite", builtin);
  try {
    const loaded = (await import(PACKAGE)) as DriverModule;
    return driver(PACKAGE, loaded);
  } catch (error) {
    if (builtin) return driver("node:sqlite", builtin);
    throw unusable(error);
  }
}

/** It is not installed, or is and does not load: another system, a half installation. */
function unusable(error: unknown): ConfigurationError {
  const isMissing = (error as { code?: unknown } | null)?.code === "ERR_MODULE_NOT_FOUND";
  return new ConfigurationError(
    "SUNBEAT_DRIVER_MISSING",
    `a sqlite: broker on Node ${process.versions.node} needs the package ${PACKAGE}, which ` +
      `${isMissing ? "is not installed" : `cannot be loaded (${messageOf(error)})`} ` +
      `(Node 22.13 and newer need none); run: npm install ${PACKAGE}@1`,
    { cause: error },
  );
}

/**
 * Whether this version of SQLite resets its write-ahead log without a chance of damage (sqlite.org/wal.html, "the
 * WAL-reset bug"): from 3.51.3 on, and in the lines 3.50.7 and 3.44.6.
 */
export function hasSafeLog(version: string): boolean {
  const [major = 0, minor = 0, patch = 0] = version.split(".").map(Number);
  if (major !== 3) return major > 3;
  return (
    minor > 51 || (minor === 51 && patch >= 3) || (minor === 50 && patch >= 7) || (minor === 44 && patch >= 6)
  );
}

function driver(specifier: string, { DatabaseSync }: DriverModule): Driver {
  return { specifier, open: (path, readOnly = false) => new DatabaseSync(path, { readOnly }) };
}

/** Present at run time from Node 20.16 on; newer than the typings. */
interface WithBuiltins {
  getBuiltinModule?(name: string): unknown;
}

function builtinDriver(): DriverModule | undefined {
  // Node 22 announces the module as experimental at the first load.
  return withoutWarning("ExperimentalWarning", "SQLite", () => {
    return (process as WithBuiltins).getBuiltinModule?.("node:sqlite") as DriverModule | undefined;
  });
}
