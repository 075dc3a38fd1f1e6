/**
 * What happens to the server: killed and started again on its append-only file, its scripts forgotten, its clients cut
 * off, paused, held up and full. D1, E1 and E2 hold, and dispatch goes on by itself after each.
 *
 * A SIGKILL of the server does not test power loss: what it has written is still in the page cache.
 */
import { afterEach, expect, test } from "vitest";
import { systemClock } from "../../src/core/clock.js";
import { SERVER_ACTS } from "../support/fault-acts.js";
import { Crew, FORM, PATIENCE_MS, pause } from "../support/fault-crew.js";
import { leftovers } from "../support/fault-figures.js";
import { judge } from "../support/invariants.js";
import { type RedisServer, startRedis } from "../support/redis-server.js";

let crew: Crew | undefined;
let server: RedisServer | undefined;
afterEach(async () => {
  await crew?.dispose();
  await server?.stop();
});

test(
  "nothing that a server goes through loses a tick or doubles one",
  async () => {
    server = await startRedis({ args: ["--appendonly", "yes", "--appendfsync", "always"] });
    crew = new Crew({ broker: server.url, entries: 100 });
    for (const role of ["beat", "beat", "worker", "worker"] as const) crew.start(role, { role });
    await Promise.all(crew.victims.map((victim) => victim.printed("ready")));
    const store = await crew.store();
    await crew.goesOn("the start");
    const recoveredMs: Record<string, number> = {};
    const end = systemClock.monotonicMs() + FORM.ms(0);
    do {
      for (const { name, act } of SERVER_ACTS) {
        await act(server);
        recoveredMs[name] = Math.max(recoveredMs[name] ?? 0, await crew.goesOn(`"${name}"`));
        await pause(300);
      }
    } while (systemClock.monotonicMs() < end);
    await crew.drain();

    const { broken, figures } = await judge(store, crew.expectations, crew.log);
    console.log(`server faults: ${JSON.stringify({ ...figures, recoveredMs })}`);
    expect(broken.slice(0, 20)).toEqual([]);
    expect(crew.surprises).toEqual([]);
    expect(await leftovers(server)).toEqual([]);
    expect(Object.entries(recoveredMs).filter(([, ms]) => ms > FORM.bound(5_000))).toEqual([]);
  },
  FORM.ms(30_000) + 8 * PATIENCE_MS,
);
