import { resolve } from "node:path";
import type { Store, StoreContext } from "../contracts/store.js";
import { sweepGraphs } from "../rules/graph-verbs.js";
import { sweepPermits } from "../rules/locks.js";
import { sweepPauses } from "../rules/pause.js";
import { sqliteAlerts } from "./alerts.js";
import { sqliteAudit } from "./audit.js";
import { Backups } from "./backups.js";
import { sqliteConsumer } from "./consumer.js";
import { sqliteDeadLetters } from "./dead-letters.js";
import { sqliteCalendars } from "./calendars.js";
import { sqliteChannel } from "./channel.js";
import { closedError, Connection } from "./connection.js";
import { loadDriver } from "./driver.js";
import { sqliteEntries } from "./entries.js";
import { sqliteGraphs } from "./graphs.js";
import { sweepFailed } from "./failed-table.js";
import { keepHome } from "./home.js";
import { sqliteHistory } from "./history.js";
import { Hub } from "./hub.js";
import { measure } from "./measure.js";
import { sweepRevocations } from "./message-table.js";
import { FIRST_LANE, sweepLanes } from "./lane-table.js";
import { sqliteLeases } from "./leases.js";
import { sqliteLedger } from "./ledger.js";
import { realFile } from "./links.js";
import { sqliteLockInspection } from "./lock-inspection.js";
import { sqliteLimits } from "./limits.js";
import { sqliteLocks } from "./locks.js";
import { Looks } from "./looks.js";
import { OpenFiles } from "./open-files.js";
import { openFile } from "./open.js";
import { markSuspect } from "./place.js";
import { pragma } from "./pragmas.js";
import { sqlitePresence } from "./presence.js";
import { sqliteQueues } from "./queues.js";
import type { Recovery } from "./recovery.js";
import { sweepResults } from "./result-table.js";
import { sqliteResults } from "./results.js";
import { sqliteSender } from "./sender.js";
import { Watcher } from "./watcher.js";

export type { Recovery } from "./recovery.js";

export interface SqliteOptions {
  /**
   * Whether other processes, or other stores of this one, use the file at the same time. Default true: while somebody
   * waits, the file is watched, and looked at up to 29 times a second of the context's clock. False is for tests on a
   * virtual clock.
   */
  readonly shared?: boolean;
  /** Whether rolling backups are kept in `<path>.backups/`. Default true. */
  readonly backups?: boolean;
}

export interface SqliteStore extends Store {
  /** What was done about a damaged file at opening, to be told to the operator; null: it was in order. */
  readonly recovery: Recovery | null;
}

/**
 * A store in one file, durable on one machine, for any number of processes. Every verb is one transaction that is on
 * the disk when the call returns (`synchronous=FULL`).
 *
 * A file that does not exist is made, with mode 0600; its folder must exist. Links are followed to the file. A damaged file is moved aside, never
 * deleted, and the newest backup takes its place, or a new store when there is none: `recovery` says so, and
 * `context.logger.error`. Beside the file lie `<path>-wal` and `-shm` while it is open, `<path>.lock` (always empty)
 * and `<path>.backups/`.
 *
 * Rejects with SUNBEAT_DRIVER_MISSING, SUNBEAT_STORE_NEWER (a newer sunbeat's file, left untouched), _READONLY, _FULL,
 * _BUSY (locked for five seconds, retryable), or _UNAVAILABLE (a folder, no folder, another program's database, a file that is
 * mounted by itself or in use under another name).
 */
export async function openSqliteStore(
  path: string,
  context: StoreContext,
  { shared = true, backups = true }: SqliteOptions = {},
): Promise<SqliteStore> {
  const driver = await loadDriver();
  const given = resolve(path);
  const file = realFile(given);
  const { handle, recovery } = await openFile(driver, file, context);

  const { clock, logger, random } = context;
  const origin = shared ? random.uuid() : null;
  const hub = new Hub(clock, logger);
  const looks = new Looks(clock, shared);
  const backup = backups ? new Backups(driver, file, context) : null;
  const files = new OpenFiles(given, file, pragma(handle, "journal_mode") === "wal", clock);
  const connection = new Connection(handle, files, context, {
    origin,
    onCommit: (news) => {
      hub.tell(news);
      looks.tell(news);
      backup?.look();
    },
    onCorrupt: () => markSuspect(file),
  });
  const onRollBack = (): void => {
    logger.warn(
      `sqlite store: ${file} was filled from a copy, or vacuumed, while it is in use; all is read anew`,
    );
    // Others that have the file open write the same.
    connection.write((step) => keepHome(step, file)).catch(() => undefined);
  };
  const lanePlace = { ...FIRST_LANE };
  const watcher = origin === null ? null : new Watcher(connection, hub, clock, origin, onRollBack);

  const parts = { sender: sqliteSender(connection), results: sqliteResults(connection, hub, looks) };
  return {
    label: `sqlite:${path}`,
    recovery,
    ...parts,
    consumer: sqliteConsumer(connection, hub, random, logger),
    queues: sqliteQueues(connection),
    deadLetters: sqliteDeadLetters(connection, parts),
    entries: sqliteEntries(connection),
    calendars: sqliteCalendars(connection),
    graphs: sqliteGraphs(connection),
    ledger: sqliteLedger(connection),
    history: sqliteHistory(connection),
    leases: sqliteLeases(connection, logger),
    limits: sqliteLimits(connection),
    locks: sqliteLocks(connection, logger),
    lockInspection: sqliteLockInspection(connection),
    alerts: sqliteAlerts(connection),
    presence: sqlitePresence(connection),
    audit: sqliteAudit(connection),
    channel: sqliteChannel(connection, hub),

    async now() {
      return connection.now();
    },

    measure: () => connection.read(measure),

    sweep: (limit) =>
      connection.write((step) => {
        let dropped = sweepResults(step, limit);
        dropped += sweepRevocations(step, limit - dropped);
        dropped += sweepPermits(step, limit - dropped);
        dropped += step.rates.dropFullBuckets(limit - dropped);
        dropped += step.uniques.sweep(limit - dropped);
        dropped += sweepPauses(step, limit - dropped);
        dropped += sweepLanes(step, lanePlace, limit - dropped);
        dropped += sweepFailed(step, limit - dropped);
        return dropped + sweepGraphs(step, limit - dropped);
      }),

    async close() {
      watcher?.close();
      hub.close(closedError(file));
      connection.close();
      await backup?.close();
    },
  };
}
