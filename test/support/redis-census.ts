/** What a server holds, and how long scripts have kept it from everybody else. */
import { defineScript } from "../../src/store/redis/script.js";
import { SCRIPTS } from "../../src/store/redis/scripts.generated.js";
import type { RedisServer } from "./redis-server.js";

export interface Census {
  readonly keys: number;
  /** Of the data and what Redis needs for it, without buffers of clients. */
  readonly bytes: number;
}

export async function census({ raw }: RedisServer): Promise<Census> {
  const info = await raw.info("memory");
  const bytes = Number(/^used_memory:(\d+)/m.exec(info)?.[1]);
  const buffers = Number(/^mem_clients_normal:(\d+)/m.exec(info)?.[1]);
  // Code that is loaded is no data.
  const scripts = Number(/^used_memory_scripts:(\d+)/m.exec(info)?.[1]);
  return { keys: await raw.dbsize(), bytes: bytes - buffers - scripts };
}

/** No script should take longer: what did is listed. */
const SLOW_MICROS = 5_000;
const NAMES: ReadonlyMap<string, string> = new Map(
  (Object.keys(SCRIPTS) as (keyof typeof SCRIPTS)[]).map((name) => [
    defineScript(name, (raw: unknown) => raw).flagged.sha,
    name,
  ]),
);

/** From now on, and from nothing. */
export async function watchScripts({ raw }: RedisServer): Promise<void> {
  // One by one: several in one command need Redis 7.
  await raw.config("SET", "slowlog-log-slower-than", SLOW_MICROS);
  await raw.config("SET", "slowlog-max-len", 100_000);
  await raw.slowlog("RESET");
  await raw.config("RESETSTAT");
}

export interface SlowScript {
  /** Calls that took longer than five milliseconds of the server. */
  readonly slow: number;
  readonly maxMs: number;
}

/** By name. */
export async function slowScripts({ raw }: RedisServer): Promise<Readonly<Record<string, SlowScript>>> {
  const found: Record<string, SlowScript> = {};
  const entries = (await raw.slowlog("GET", 100_000)) as [number, number, number, string[]][];
  for (const [, , micros, [command = "", sha = ""]] of entries) {
    if (!/^evalsha$/i.test(command)) continue;
    const name = NAMES.get(sha) ?? sha.slice(0, 8);
    const before = found[name] ?? { slow: 0, maxMs: 0 };
    found[name] = { slow: before.slow + 1, maxMs: Math.max(before.maxMs, micros / 1_000) };
  }
  return found;
}

/** All scripts since `watchScripts`. */
export async function scriptCalls({ raw }: RedisServer): Promise<{ calls: number; meanMs: number }> {
  const stats = await raw.info("commandstats");
  const [, calls, mean] = /^cmdstat_evalsha:calls=(\d+),usec=\d+,usec_per_call=([\d.]+)/m.exec(stats) ?? [];
  return { calls: Number(calls ?? 0), meanMs: Number(mean ?? 0) / 1_000 };
}
