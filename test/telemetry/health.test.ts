import { afterEach, describe, expect, test, vi } from "vitest";
import { Sunbeat } from "../../src/index.js";
import { coreOf } from "../../src/app/index.js";
import { healthOption } from "../../src/config/health.js";
import { LoopMarks } from "../../src/core/loop-mark.js";
import { silentLogger } from "../../src/core/logger.js";
import { type HealthServer, openHealth } from "../../src/telemetry/health.js";
import type { NodeParts } from "../../src/telemetry/node-state.js";
import { ManualClock } from "../../src/testing/manual-clock.js";

interface State {
  answeredAt: number | null;
  parts: NodeParts;
  probes: number;
}

const running = { state: "running" as const, running: 0, prefetched: 0, recordsLeftOut: 0, pools: [] };
let server: HealthServer;
let clock: ManualClock;

afterEach(async () => {
  const closed = server.close();
  await clock.advance(1_000);
  await closed;
});

async function open(
  given: Partial<State> = {},
): Promise<{ state: State; get: (path: string, init?: RequestInit) => Promise<Response> }> {
  clock = new ManualClock();
  const state: State = { answeredAt: 0, parts: { workers: [running], beats: [] }, probes: 0, ...given };
  server = await openHealth(
    {
      ...{ clock, logger: silentLogger, leaseMs: 30_000, beatLeaseMs: 15_000 },
      get parts() {
        return state.parts;
      },
      metrics: {
        get answeredAt() {
          return state.answeredAt;
        },
        text: (format: string) => `${format}\n`,
      },
      probe: async () => void state.probes++,
    },
    { host: "127.0.0.1", port: 0 },
  );
  const { port } = server.address!;
  return { state, get: (path, init) => fetch(`http://127.0.0.1:${port}${path}`, init) };
}

describe("the health port", () => {
  test("/livez is good while the store is away, and /readyz is not", async () => {
    const { get } = await open({ answeredAt: 0 });
    await clock.advance(60_001);
    const live = await get("/livez");
    expect([live.status, await live.json()]).toEqual([200, { status: "ok", checks: { eventLoop: null } }]);
    const ready = await get("/readyz");
    expect([ready.status, await ready.json()]).toEqual([
      503,
      { status: "failing", checks: { store: "silent for 60 s", worker: null } },
    ]);
  });

  test("/livez names the loop that hangs, and asks nobody", async () => {
    const { state, get } = await open();
    const loops = new LoopMarks(clock);
    loops.add("rounds").turns(10_000);
    state.parts = { workers: [], beats: [], loops: loops.list };
    await clock.advance(5_000);
    const good = await get("/livez");
    expect([good.status, await good.json()]).toEqual([
      200,
      { status: "ok", checks: { eventLoop: null, rounds: null } },
    ]);
    await clock.advance(70_000);
    // Those of /readyz.
    const asked = state.probes;
    const bad = await get("/livez");
    expect([bad.status, await bad.json()]).toEqual([
      503,
      { status: "failing", checks: { eventLoop: null, rounds: "it should have turned 65 s ago" } },
    ]);
    expect(state.probes).toBe(asked);
  });

  test.each<[string, Partial<State>, number]>([
    ["a worker that runs", {}, 200],
    ["a store that has not answered yet", { answeredAt: null }, 503],
    ["a worker that starts", { parts: { workers: [{ ...running, state: "new" }], beats: [] } }, 503],
    ["a worker that stops", { parts: { workers: [{ ...running, state: "stopping" }], beats: [] } }, 503],
    ["a worker that drains", { parts: { workers: [running], beats: [], isDraining: true } }, 503],
    [
      "a beat that leads",
      { parts: { workers: [], beats: [{ state: "leading", lagMs: 0, limitedSince: null, drift: null }] } },
      200,
    ],
    [
      "a beat that follows",
      { parts: { workers: [], beats: [{ state: "following", lagMs: 0, limitedSince: null, drift: null }] } },
      200,
    ],
    [
      "a beat that starts",
      { parts: { workers: [], beats: [{ state: "starting", lagMs: 0, limitedSince: null, drift: null }] } },
      503,
    ],
  ])("%s", async (_, state, status) => {
    const { get } = await open(state);
    expect((await get("/readyz")).status).toBe(status);
    expect((await get("/healthz")).status).toBe(status);
    expect((await get("/livez")).status).toBe(200);
  });

  test("asks the store by itself only when nobody else has asked it for a while", async () => {
    const { state } = await open({ answeredAt: 0 });
    await clock.advance(5_000);
    expect(state.probes).toBe(0);
    await clock.advance(2_000);
    expect(state.probes).toBeGreaterThan(0);
  });

  test("gives metrics in the format that is asked for", async () => {
    const { get } = await open();
    const plain = await get("/metrics");
    expect([plain.headers.get("content-type"), await plain.text()]).toEqual([
      "text/plain; version=0.0.4; charset=utf-8",
      "prometheus\n",
    ]);
    const open1 = await get("/metrics", {
      headers: { accept: "application/openmetrics-text; version=1.0.0" },
    });
    expect(await open1.text()).toBe("openmetrics\n");
  });

  test("takes GET and HEAD alone, and knows no other path", async () => {
    const { get } = await open();
    expect((await get("/livez", { method: "POST" })).status).toBe(405);
    expect((await get("/")).status).toBe(404);
    const head = await get("/livez", { method: "HEAD" });
    expect([head.status, await head.text()]).toEqual([200, ""]);
  });
});

test("/livez of an app asks the loops of its worker and its beat", async () => {
  const app = new Sunbeat("watched", { broker: "memory:", logger: null, health: 0 });
  app.task("t", () => 1);
  const beat = app.beat();
  await app.worker().start();
  beat.start();
  await app.sendTask("t");
  const { monitoring } = coreOf(app);
  const names = await vi.waitFor(
    async () => {
      const response = await fetch(`http://127.0.0.1:${monitoring.healthAddress!.port}/livez`);
      const { checks } = (await response.json()) as { readonly checks: Readonly<Record<string, unknown>> };
      expect(Object.keys(checks)).toContain("leases"); // they are kept from the first task on
      return [response.status, checks];
    },
    { timeout: 30_000 },
  );
  expect(names).toEqual([200, { eventLoop: null, claims: null, leases: null, rounds: null }]);
  await app.close();
  await open();
});

test.each([
  [8_080, { host: "127.0.0.1", port: 8_080 }],
  ["8080", { host: "127.0.0.1", port: 8_080 }],
  ["0.0.0.0:80", { host: "0.0.0.0", port: 80 }],
  ["[::]:80", { host: "::", port: 80 }],
  [undefined, null],
])("health: %s", async (given, expected) => {
  expect(healthOption(given)).toEqual(expected);
  await open();
});

test.each([65_536, -1, "host", "a b:80", "", null, true])("health: %s is refused", async (given) => {
  expect(() => healthOption(given)).toThrow(/health: expected a port/);
  await open();
});
