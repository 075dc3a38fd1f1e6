/** What a store still holds of graphs that are over and forgotten: by its keys, or by the rows of its tables. */
import { Redis } from "ioredis";
import { ask, loadDriver } from "../../src/store/sqlite/driver.js";
import { parseBrokerUrl } from "../../src/app/broker-url.js";
import { type KeyName, keyspace } from "../../src/store/redis/keys.js";

/** Numbers that only grow, versions, and where it is. */
const STAYING_KEYS: readonly KeyName[] = ["meta", "seq"];
const STAYING_TABLES: readonly string[] = ["counter", "home", "sqlite_sequence"];
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
