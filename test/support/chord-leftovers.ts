/** What a store still holds of graphs that are over and forgotten: by its keys, or by the rows of its tables. */
import { Redis } from "ioredis";
import { ask, loadDriver } from "../../src/store/sqlite/driver.js";
import { parseBrokerUrl } from "../../src/app/broker-url.js";
import { type KeyName, keyspace } from "../../src/store/redis/keys.js";
import { HISTORIES } from "./fault-figures.js";

/** Numbers that only grow, versions, where it is, who watched, and what happened. */
const STAYING_KEYS: readonly KeyName[] = ["meta", "seq", "watcher", "watchepoch", ...HISTORIES];
const STAYING_TABLES: readonly string[] = [
  ...["counter", "home", "sqlite_sequence", "watcher", "node", "alert", "audit", "task_record"],
  ...["stat_boot", "stat_name", "stat_rolled", "stat_slot"],
];
/** Hints, which are dropped by their age. */
const HINTS = "signal";

/** Names of keys, or of tables and how many rows they hold. */
export async function leftOfGraphs(broker: string): Promise<string[]> {
  const place = parseBrokerUrl(broker);
  if (place.kind === "sqlite") return rowsIn(place.path);
  const url = new URL(broker);
  const { tag, keys } = keyspace(url.searchParams.get("namespace") ?? "sunbeat");
  url.search = "";
  const client = new Redis(url.href);
  try {
    const staying = new Set(STAYING_KEYS.map((name) => keys[name]));
    return (await client.keys(`${tag}:*`)).filter((key) => !staying.has(key)).sort();
  } finally {
    client.disconnect();
  }
}

async function rowsIn(file: string): Promise<string[]> {
  const db = (await loadDriver()).open(file, true);
  try {
    const tables = ask(db, "SELECT row(name) FROM sqlite_master WHERE type = 'table'").flat();
    return tables.flatMap((table) => {
      if (typeof table !== "string" || table === HINTS || STAYING_TABLES.includes(table)) return [];
      const count = ask(db, `SELECT row(count(*)) FROM "${table}"`).flat()[0];
      return count === 0 ? [] : [`${table}: ${count}`];
    });
  } finally {
    db.close();
  }
}
