// How long scripts keep a server of Redis from everybody else, by the server's own clock.
import { defineScript } from "../dist/store/redis/script.js";
import { SCRIPTS } from "../dist/store/redis/scripts.generated.js";

const NAMES = new Map(
  Object.keys(SCRIPTS).flatMap((name) => {
    const { flagged, plain } = defineScript(name, (raw) => raw);
    return [flagged, plain].flatMap((script) => (script ? [[script.sha, name]] : []));
  }),
);

/** From now on, every call is counted. */
export async function watch(admin) {
  await admin.config("SET", "slowlog-max-len", "1000000");
  await admin.config("SET", "slowlog-log-slower-than", "0");
  await admin.slowlog("RESET");
}

/** By name of the script: calls, the longest and the 99.9th percentile of their times in microseconds, and how many took over 5 ms. */
export async function scriptTimes(admin) {
  const times = new Map();
  for (const [, , micros, [command, sha]] of await admin.slowlog("GET", 1_000_000)) {
    if (!/^evalsha/i.test(command)) continue;
    const name = NAMES.get(sha) ?? sha;
    if (!times.has(name)) times.set(name, []);
    times.get(name).push(micros);
  }
  await admin.config("SET", "slowlog-log-slower-than", "-1");
  await admin.slowlog("RESET");
  return [...times]
    .map(([name, all]) => {
      const sorted = all.sort((a, b) => a - b);
      const p999 = sorted[Math.floor(0.999 * (sorted.length - 1))];
      return {
        ...{ name, calls: sorted.length, p999, max: sorted.at(-1) },
        slow: sorted.filter((micros) => micros > 5_000).length,
      };
    })
    .sort((a, b) => b.max - a.max);
}
