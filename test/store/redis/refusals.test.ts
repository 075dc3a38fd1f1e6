/**
 * A server that refuses every step for a while, in each of the words that Redis has for it: what a running beat and a
 * running worker make of it, what a sender is told, and that nobody prints the password.
 *
 * A beat waits for the end of any refusal: its cursors stay where they are. A worker waits for what may pass, and ends
 * on what does not, so that whoever supervises it finds out.
 */
import { inspect } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { systemClock } from "../../../src/core/clock.js";
import { silentLogger } from "../../../src/core/logger.js";
import { systemRandom } from "../../../src/core/random.js";
import { every, Sunbeat } from "../../../src/index.js";
import { openRedisStore } from "../../../src/store/redis/index.js";
import { message } from "../../conformance/suite/samples.js";
import { pause } from "../../support/fault-crew.js";
import { ownNamespace } from "../../support/redis-harness.js";
import { type RedisServer, startRedis } from "../../support/redis-server.js";
import { refusingProxy } from "../../support/refusing-proxy.js";
import { until } from "../../support/redis-topologies.js";

const SECRET = "swordfish-17";
const REFUSED_MS = 600;
const context = { clock: systemClock, random: systemRandom, logger: silentLogger };

let server: RedisServer;
beforeAll(async () => {
  server = await startRedis();
  await server.raw.call("ACL", "SETUSER", "app", "on", `>${SECRET}`, "~*", "&*", "+@all");
});
afterAll(() => server?.stop());

const ROWS = [
  // refusal                                                    code         a send      because
  ["READONLY You can't write against a read only replica.", "READONLY", "waits", "another master is found"],
  ["LOADING Redis is loading the dataset in memory", "UNAVAILABLE", "waits", "it ends"],
  ["MASTERDOWN Link with MASTER is down", "UNAVAILABLE", "waits", "a fail-over ends it"],
  ["TRYAGAIN Multiple keys request during rehashing of slot", "UNAVAILABLE", "waits", "the slot arrives"],
  ["CLUSTERDOWN The cluster is down", "UNAVAILABLE", "waits", "a fail-over ends it"],
  ["BUSY Redis is busy running a script.", "BUSY", "is refused", "the script may be long"],
  ["OOM command not allowed when used memory > 'maxmemory'.", "FULL", "is refused", "room may take long"],
  ["MISCONF Redis is configured to save RDB snapshots", "READONLY", "is refused", "so may the disk"],
  ["NOREPLICAS Not enough good replicas to write.", "READONLY", "is refused", "so may replicas"],
  ["NOAUTH Authentication required.", "AUTH", "is final", "no password came where one is wanted"],
  ["NOPERM no permissions to run the 'evalsha' command", "AUTH", "is final", "a right is missing"],
  ["WRONGPASS invalid username-password pair", "AUTH", "is final", "the password is wrong"],
  [
    "CROSSSLOT Keys in request don't hash to the same slot",
    "REFUSED",
    "is final",
    "a proxy tears keys apart",
  ],
  ["WRONGTYPE Operation against a key holding the wrong kind", "REFUSED", "is final", "not our data"],
] as const;

describe.concurrent("a running beat and worker, and a sender, while every step is refused", () => {
  test.each(ROWS)("%s: SUNBEAT_STORE_%s, and a send %s: %s", async (reply, name, send, _because) => {
    const code = `SUNBEAT_STORE_${name}`;
    const proxy = await refusingProxy(server);
    const namespace = ownNamespace();
    const broker = `redis://app:${SECRET}@127.0.0.1:${proxy.port}?namespace=${namespace}`;
    const said: unknown[] = [];
    const hear = (line: unknown): void => void said.push(line);
    const app = new Sunbeat("refused", {
      ...{ broker, beatLease: 1, lease: 1, gracePeriod: 1 },
      logger: { debug: hear, info: hear, warn: hear, error: hear },
      beatSchedule: {
        tick: { task: "run", schedule: every("1s"), misfire: { policy: "all", within: "1h", max: 100 } },
      },
    });
    const ran: number[] = [];
    app.task("run", { bind: true, ignoreResult: true }, (self) => {
      ran.push(self.request.scheduledFor?.getTime() ?? NaN);
    });
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const hold = app.task("hold", { ignoreResult: true }, () => held);
    const store = await openRedisStore(server.url, context, { namespace });
    const sender = await openRedisStore(broker, context);
    try {
      const worker = app.worker();
      await worker.start();
      const beat = app.beat();
      beat.start();
      // So that the worker has something to tell the store meanwhile, too.
      await hold.delay();
      await until("a run", async () => ran.length > 0 && worker.stats().running > 0);

      proxy.refuse(reply);
      release();
      const refusedAt = systemClock.now();
      const sent = sender.sender.enqueue([message("m", { queue: "other" })]).catch(kept);
      await pause(REFUSED_MS);
      await until("three refusals", async () => proxy.refused > 2);
      proxy.refuse(null);
      const retryable = send !== "is final";
      const error = { name: "StoreError", code, retryable };
      if (send === "waits") expect(await sent).toEqual(["queued"]);
      else expect(await sent).toMatchObject(error);
      expect(await sender.sender.enqueue([message("n", { queue: "other" })])).toEqual(["queued"]);

      const dispatched = async (): Promise<readonly number[]> => {
        const ledger = await store.ledger.rows("tick", { limit: 100, keep: "oldest" });
        return ledger.flatMap((row) => (row.kind === "row" ? [row.due] : []));
      };
      await until("a tick after it", async () => (await dispatched()).some((due) => due > refusedAt + 1_000));
      if (retryable) {
        await until("a run after it", async () => ran.some((due) => due > refusedAt + 1_000));
        expect(worker.stats().state).toBe("running");
      } else {
        await expect(worker.done).rejects.toMatchObject({ code });
      }
      expect(beat.stats().state).toMatch(/leading|following/);
      const due = await dispatched();
      // Nothing is left out: each is a second after the one before it.
      expect(due).toEqual(due.map((_, index) => due[0]! + index * 1_000));
      expect(new Set(ran).size).toBe(ran.length);

      // Told by whoever met it and did not wait it out, and never with the password.
      const told = said.filter((line) => String(line).includes(reply));
      if (send !== "waits") expect(told.length).toBeGreaterThan(0);
      for (const shown of [said.join("\n"), inspect(await sent, { depth: 10, showHidden: true })])
        expect(shown).not.toContain(SECRET);
    } finally {
      release();
      await app.close().catch(() => undefined);
      await store.close();
      await sender.close();
      await proxy.stop();
    }
  });
});

const kept = (error: unknown): unknown => error;
