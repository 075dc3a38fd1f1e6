/** What a foreign client may leave in the keys of a store on Redis: rubbish of the right type, and keys of a wrong one. */
import type { Redis } from "ioredis";
import { BY_TEXT, KEY_NAMES, KEY_TYPES, type KeyName, keyspace } from "../../src/store/redis/keys.js";

type KeyType = (typeof KEY_TYPES)[KeyName];

/** Parts of records, of which the members and fields below are made. */
const WORDS = [
  "",
  " ",
  "a",
  "a ",
  "a b",
  "a 1 b",
  "+",
  "++",
  "%zz",
  "toString",
  "__proto__",
  "../x",
  "\0",
  "\u0001{",
];
const NUMBERS = ["-1", "1e999", "9".repeat(400), "nan", "0x10"];

/** Members, fields and values: words alone and behind what our own lines begin with. */
export function rubbish(names: readonly string[]): string[] {
  const heads = [...names, ...names.map((name) => `${name} 900000000000001`), "1", "a 00000000000001"];
  return [
    ...[...WORDS, ...NUMBERS, ...names],
    ...heads.flatMap((head) =>
      ["", "x", "a x", '{"__proto__":{"polluted":1}}'].map((tail) => `${head} ${tail}`),
    ),
    "x".repeat(100_000),
    `${"1 ".repeat(1_000)}1`,
  ];
}

const SCORES = ["-inf", "-1", "0", "1", "1e18", "inf"];

/**
 * Puts rubbish into every hash, sorted set and list. `names` stand among it: fields and members of entries, tasks, queues and
 * locks that exist. Strings are counters: what is no number in them stops the store, so they are left.
 */
export async function litter(raw: Redis, namespace: string, names: readonly string[]): Promise<number> {
  const { keys } = keyspace(namespace);
  const items = rubbish(names);
  let left = 0;
  for (const name of KEY_NAMES) {
    const type = KEY_TYPES[name];
    // Whoever owns this hash owns the store: one field of it says who leads.
    if (type === "string" || type === "stream" || name === "beat") continue;
    const pipeline = raw.pipeline();
    items.forEach((item, index) => {
      if (type === "hash") {
        // The fields of what exists stay as they are.
        pipeline.hsetnx(keys[name], item, items[(index * 7 + 3) % items.length]!);
      } else if (type === "list") {
        pipeline.rpush(keys[name], item);
      } else {
        // Another score breaks the order of text, and so the set itself.
        const score = BY_TEXT.has(name) ? "0" : SCORES[index % SCORES.length]!;
        pipeline.zadd(keys[name], "NX", score, item);
      }
      left++;
    });
    await pipeline.exec();
  }
  return left;
}

/** Makes a key one of a type that is not its own. */
export async function wrong(raw: Redis, key: string, type: KeyType): Promise<void> {
  await raw.del(key);
  if (type === "string") await raw.hset(key, "mine", "1");
  else await raw.set(key, "mine");
}
