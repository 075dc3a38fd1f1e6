import { existsSync, type FSWatcher, watch } from "node:fs";
import { networkDisk } from "./network-disk.js";

/**
 * Calls `onWrite` when any process writes to the database: to its log, or where it has none, to the file itself. Null
 * where the system does not tell reliably (other systems than Linux, network disks) or has no room for one more
 * watcher. Does not keep the process alive; `close` ends it.
 */
export function watchWrites(path: string, onWrite: () => void): FSWatcher | null {
  if (process.platform !== "linux" || networkDisk(path) !== null) return null;
  const log = `${path}-wal`;
  try {
    const watcher = watch(existsSync(log) ? log : path, { persistent: false }, onWrite);
    // The file is gone, say: whoever steps on it will be told so.
    watcher.on("error", () => watcher.close());
    return watcher;
  } catch {
    return null;
  }
}
