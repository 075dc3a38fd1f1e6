/** E1 on Redis: leases of tasks that wait long, and of workers that die in the middle. */
import { describe, expect, inject, test } from "vitest";
import { systemClock } from "../../src/core/clock.js";
import { Sunbeat } from "../../src/index.js";
import { type Crew, FORM, PATIENCE_MS, pause, withCrew } from "../support/fault-crew.js";
import { linesOf } from "../support/fault-log.js";
import { judge } from "../support/invariants.js";
import { ownNamespace } from "../support/redis-harness.js";

/** Two workers, and an app that sends to them. */
async function withWorkers(use: (crew: Crew, sender: Sunbeat) => Promise<void>): Promise<void> {
  const broker = `${inject("redisUrl")}/0?namespace=${ownNamespace()}`;
  await withCrew({ broker, entries: 0 }, async (crew) => {
    const sender = new Sunbeat("sender", { broker });
    for (const _ of [1, 2]) crew.start("worker", { role: "worker" });
    try {
      await Promise.all(crew.victims.map((victim) => victim.printed("ready")));
      await use(crew, sender);
      await crew.drain();
      const { broken } = await judge(await crew.store(), [], crew.log);
      expect([...broken, ...crew.surprises]).toEqual([]);
    } finally {
      await sender.close();
    }
  });
}

describe.concurrent("leases", () => {
  test(
    "a task with an eta ten leases away runs once, also when the workers are replaced meanwhile",
    () =>
      withWorkers(async (crew, sender) => {
        const etas: number[] = [];
        const sent = [];
        for (let index = 0; index < 20; index++) {
          const eta = systemClock.now() + 10 * crew.leaseMs + index * 50;
          etas.push(eta);
          sent.push(await sender.sendTask("work", [0], { eta: new Date(eta) }));
        }
        await pause(3 * crew.leaseMs);
        for (const victim of crew.victims) {
          crew.start("worker", { role: "worker" });
          await victim.kill();
        }
        await Promise.all(sent.map((result) => result.get({ timeout: PATIENCE_MS / 1_000 })));
        const runs = linesOf(crew.log, "run");
        const lateness = sent.map(({ id }, index) => {
          const found = runs.filter((run) => run.id === id);
          return found.length === 1 ? found[0]!.at - etas[index]! : NaN;
        });
        console.log(`eta: late by ${Math.max(...lateness)} ms at most`);
        expect(lateness.filter((ms) => !(ms >= 0 && ms < FORM.bound(1_000)))).toEqual([]);
      }),
    2 * PATIENCE_MS,
  );

  test(
    "a task whose worker is killed in the middle runs again within the lease and a second",
    () =>
      withWorkers(async (crew, sender) => {
        const tookMs: number[] = [];
        for (let round = 0; round < 3; round++) {
          const sent = await sender.sendTask("work", [500]);
          const runs = () => linesOf(crew.log, "run").filter(({ id }) => id === sent.id);
          await crew.until("the first run", () => runs().length === 1);
          const victim = crew.victims.find(({ name }) => name === runs()[0]?.by)!;
          crew.start("worker", { role: "worker" });
          const killedAt = systemClock.now();
          await victim.kill();
          await crew.until("the second run", () => runs().length === 2);
          tookMs.push(runs()[1]!.at - killedAt);
          expect(await sent.get({ timeout: PATIENCE_MS / 1_000 })).toBe(runs()[1]!.by);
        }
        console.log(`a killed worker's task ran again after ${tookMs.join(", ")} ms`);
        expect(tookMs.filter((ms) => ms > FORM.bound(crew.leaseMs + 1_000))).toEqual([]);
      }),
    3 * PATIENCE_MS,
  );
});
