/** How long an app takes to close when its store answers nothing any more. */
import { describe, expect, test } from "vitest";
import { coreOf } from "../../src/app/index.js";
import { systemRandom } from "../../src/core/random.js";
import { silentLogger } from "../../src/core/logger.js";
import { every, Sunbeat } from "../../src/index.js";
import { openMemoryStore } from "../../src/store/memory/index.js";
import type { Store } from "../../src/store/contracts/store.js";
import { ManualClock } from "../../src/testing/manual-clock.js";

interface Silence {
  isSilent: boolean;
  /** The names of the calls that were not answered. */
  readonly unanswered: string[];
}

/** The store of a server that can fall silent. */
function silenceable(store: Store): { readonly store: Store; readonly silence: Silence } {
  const silence: Silence = { isSilent: false, unanswered: [] };
  const wrap = <T extends object>(part: T): T =>
    new Proxy(part, {
      get(target, key) {
        const value: unknown = Reflect.get(target, key);
        if (typeof value === "object" && value !== null) return wrap(value);
        if (typeof value !== "function" || key === "close") return value;
        return (...args: unknown[]): unknown => {
          if (!silence.isSilent) return Reflect.apply(value, target, args);
          silence.unanswered.push(String(key));
          return new Promise(() => undefined);
        };
      },
    });
  return { store: wrap(store), silence };
}

interface World {
  readonly app: Sunbeat;
  readonly clock: ManualClock;
  readonly silence: Silence;
}

async function world(): Promise<World> {
  const clock = new ManualClock("2027-01-01T00:00:00Z");
  const { store, silence } = silenceable(
    openMemoryStore({ clock, random: systemRandom, logger: silentLogger }),
  );
  const app = new Sunbeat("shop", {
    ...{ broker: "memory:", logger: null },
    beatSchedule: { tick: { task: "t", schedule: every(60) } },
  });
  coreOf(app).use({ clock, store: () => store });
  app.task("t", () => undefined);
  await app.sendTask("t");
  return { app, clock, silence };
}

function startBeat({ app }: World): ReturnType<Sunbeat["beat"]> {
  const beat = app.beat();
  beat.start();
  return beat;
}

describe("an app whose store answers nothing", () => {
  test.each<[what: string, unanswered: string, begin: (world: World) => Promise<void>]>([
    [
      "while its beat sleeps",
      "resign",
      async (at) => {
        const beat = startBeat(at);
        await at.clock.advance(10);
        expect(beat.stats().state).toBe("leading");
        at.silence.isSilent = true;
      },
    ],
    [
      "while a round of its beat is under way",
      "due",
      async (at) => {
        startBeat(at);
        await at.clock.advance(59_000);
        at.silence.isSilent = true;
        await at.clock.advance(1_100);
      },
    ],
    [
      "while the lead is renewed",
      "elect",
      async (at) => {
        startBeat(at);
        await at.clock.advance(10);
        at.silence.isSilent = true;
        while (!at.silence.unanswered.includes("elect")) await at.clock.advance(100);
      },
    ],
    [
      "before its beat has begun",
      "subscribe",
      async (at) => {
        at.silence.isSilent = true;
        startBeat(at);
        await at.clock.advance(10);
      },
    ],
    [
      "while it holds a lock",
      "release",
      async (at) => {
        await at.app.locks.mutex("ledger").acquire();
        at.silence.isSilent = true;
      },
    ],
  ])("is closed within 2 s in all, %s and a send is on its way", async (_, unanswered, begin) => {
    const at = await world();
    await begin(at);
    const { app, clock, silence } = at;
    app.sendTask("t").catch(() => undefined);
    const before = clock.monotonicMs();
    let after = Infinity;
    const closing = app.close().then(() => (after = clock.monotonicMs()));
    for (let ms = 0; ms < 20_000 && after === Infinity; ms += 50) await clock.advance(50);
    await closing;
    expect(silence.unanswered).toEqual(expect.arrayContaining(["enqueue", unanswered]));
    expect(after - before).toBeLessThan(2_000);
    expect(after - before).toBeGreaterThanOrEqual(1_000);
  });
});
