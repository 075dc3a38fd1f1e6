/**
 * The folder and the name under which a file is in use, kept in the file. Log and index lie beside the name, so processes
 * that reach one file by two names (a second hard link, a mount of the file alone) have two logs. A file that was moved
 * or copied while nobody had it open is taken over; while somebody has, another name is refused.
 *
 * A folder is known by its number alone: a mount of the folder shows the same one, in a container too, and the number of
 * its device may change with every start of the machine.
 */
import { statSync } from "node:fs";
import { basename, dirname } from "node:path";
import type { StoreError } from "../../core/errors.js";
import type { StoreContext } from "../contracts/store.js";
import { ask, type Driver, type Handle } from "./driver.js";
import { fileError, isBusy } from "./errors.js";
import { LOCK_WAIT_MS, retryWhileBusy } from "./retry.js";
import type { Step } from "./step.js";

export interface Home {
  readonly folder: string;
  readonly name: string;
  /** As the process that wrote it sees it, for messages: a container has other paths. */
  readonly path: string;
}

/** The home in the file when it is not where `path` is; null: it is there, or nowhere yet. */
export function otherHome(handle: Handle, path: string): Home | null {
  const here = homeAt(path);
  const found = storedHome(handle);
  return found && (found.folder !== here.folder || found.name !== here.name) ? found : null;
}

/** Inside a transaction of a file whose tables are made: `path` is its home if it has none. */
export function settleHome(handle: Handle, path: string): void {
  handle.prepare(`INSERT OR IGNORE ${INTO_HOME}`).run(...homeRow(path));
}

/** Who has the file open knows where it is, whatever a copy says that was put into it. */
export function keepHome(step: Step, path: string): void {
  step.run(`INSERT OR REPLACE ${INTO_HOME}`, ...homeRow(path));
}

/** How many names (hard links) the file has. */
export function namesOf(path: string): number {
  return statSync(path).nlink;
}

/**
 * Makes `path` the home. A connection holds a lock on the file itself, whatever its name, for as long as it uses the log;
 * so leaving the log is refused while there is another one. Without a log in use there is no such lock, and a file with
 * more than one name is refused.
 */
export async function moveHome(
  driver: Driver,
  path: string,
  home: Home,
  context: StoreContext,
): Promise<void> {
  try {
    await retryWhileBusy(context, () => moveOnce(driver, path, home));
  } catch (error) {
    if (isBusy(error)) {
      throw refused(path, `is in use as ${home.path}: name that path, or stop what uses it`);
    }
    throw error;
  }
  context.logger.info(`sqlite store: ${path} was ${home.path} before; nobody has it open there`);
}

function moveOnce(driver: Driver, path: string, home: Home): void {
  const handle = driver.open(path);
  try {
    handle.exec(`PRAGMA busy_timeout = ${LOCK_WAIT_MS}`);
    const [[mode] = []] = ask(handle, "SELECT row(journal_mode) FROM pragma_journal_mode");
    if (mode === "wal") handle.exec("PRAGMA journal_mode = truncate");
    else if (namesOf(path) > 1) {
      throw refused(
        path,
        `is a second name of ${home.path} (a hard link): name that path, or remove one of the two`,
      );
    }
    handle.exec("BEGIN IMMEDIATE");
    const values = homeRow(path).map(quoted).join(", ");
    handle.exec(`INSERT OR REPLACE INTO home (one, folder, name, path) VALUES (1, ${values})`);
    handle.exec("COMMIT");
  } finally {
    handle.close();
  }
}

function refused(path: string, says: string): StoreError {
  return fileError("SUNBEAT_STORE_UNAVAILABLE", path, `${says}; two names of one file mean two logs`);
}

const INTO_HOME = "INTO home (one, folder, name, path) VALUES (1, ?, ?, ?)";

function homeRow(path: string): [folder: string, name: string, path: string] {
  const { folder, name } = homeAt(path);
  return [folder, name, path];
}

function homeAt(path: string): Omit<Home, "path"> {
  return { folder: String(statSync(dirname(path)).ino), name: basename(path) };
}

/** As text in SQL. SQLite takes no zero in it, and no path has one. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

function storedHome(handle: Handle): Home | undefined {
  // A file of an older schema has none.
  if (ask(handle, "SELECT row(1) FROM sqlite_schema WHERE name = 'home'").length === 0) return undefined;
  const [row] = ask(handle, "SELECT row(folder, name, path) FROM home");
  if (!row) return undefined;
  const [folder, name, path] = row.map(String);
  return { folder: folder ?? "", name: name ?? "", path: path ?? "" };
}
