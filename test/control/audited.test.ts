import { afterEach, describe, expect, test } from "vitest";
import { coreOf } from "../../src/app/index.js";
import { actingAs, audited } from "../../src/control/index.js";
import { LockError, StoreError } from "../../src/core/errors.js";
import type { SunbeatEvent } from "../../src/events/index.js";
import { Sunbeat, type SunbeatOptions } from "../../src/index.js";
import type { AuditRecord } from "../../src/store/contracts/audit.js";
import { ManualClock } from "../../src/testing/manual-clock.js";

const apps: Sunbeat[] = [];
afterEach(async () => {
  for (const app of apps.splice(0)) await app.close();
});

function setUp(options: SunbeatOptions = {}) {
  const clock = new ManualClock();
  const warnings: string[] = [];
  const tell = (message: string): void => void warnings.push(message);
  const logger = { debug: () => undefined, info: () => undefined, warn: tell, error: tell };
  const app = new Sunbeat("shop", { broker: "memory:", logger, ...options });
  const core = coreOf(app);
  core.use({ clock });
  apps.push(app);
  const told: SunbeatEvent<"operator-action">[] = [];
  app.events.on("operator-action", (event) => told.push(event));
  const rows = async (): Promise<readonly AuditRecord[]> => core.lazyStore.audit.list({ limit: 9 });
  return { app, core, clock, warnings, told, rows };
}

const change = { verb: "break", target: "lock l" };

describe("audited", () => {
  test("gives what the act gives, and leaves its row and event", async () => {
    const { core, rows, told, clock } = setUp();
    const value = await audited(core.auditContext, { ...change, args: { token: 1 } }, async () => 42);
    expect(value).toBe(42);
    const row = {
      ...{
        by: expect.stringMatching(/^.+@.+$/) as string,
        via: "program",
        from: expect.any(String) as string,
      },
      ...{ verb: "break", target: "lock l", args: '{"token":"**"}', outcome: "ok" },
    };
    expect(await rows()).toEqual([{ ...row, id: expect.any(String) as string, at: clock.now() }]);
    expect(told).toEqual([expect.objectContaining({ type: "operator-action", ...row })]);
  });

  test.each<[string, Error, string]>([
    ["an error of ours has its code", new LockError("SUNBEAT_LOCK_LOST", "lost"), "SUNBEAT_LOCK_LOST"],
    ["any other has none", new TypeError("bug"), "error"],
  ])("an act that fails leaves a row too, and its error is thrown: %s", async (_, error, outcome) => {
    const { core, rows } = setUp();
    await expect(audited(core.auditContext, change, () => Promise.reject(error))).rejects.toBe(error);
    expect(await rows()).toMatchObject([{ verb: "break", outcome }]);
  });

  test.each<[string, () => Promise<readonly string[]>]>([
    [
      "refuses it",
      () => Promise.reject(new StoreError("SUNBEAT_STORE_FULL", "no room", { retryable: true })),
    ],
    ["never answers", () => new Promise(() => undefined)],
  ])("the act stands where the store %s the row, and a line says what is missing", async (_, add) => {
    const { core, clock, warnings, told } = setUp();
    const store = { audit: { add, list: async () => [] } };
    const value = audited({ ...core.auditContext, store }, change, async () => "done");
    await clock.advance(2_000);
    expect(await value).toBe("done");
    expect(warnings).toEqual([
      expect.stringMatching(/^the audit has no row of break on lock l by \S+ \(ok\): /) as string,
    ]);
    expect(told).toHaveLength(1);
  });

  test("args are bounded, and what `redact` names is hidden", async () => {
    const { core, rows } = setUp({ redact: ["card"] });
    const args = {
      card: "4711",
      list: Array.from({ length: 9_000 }, (_, i) => `item ${i}`),
      text: "x".repeat(1e6),
    };
    await audited(core.auditContext, { ...change, target: "y".repeat(1_000), args }, async () => undefined);
    const [row] = await rows();
    expect(row?.args).toContain('"card":"**"');
    expect(row?.args.length).toBeLessThan(10_000);
    expect(row?.target).toHaveLength(255);
  });

  test("a process that acts for several says for whom", async () => {
    const { core, app, rows } = setUp();
    const ann = { by: "ann", via: "dashboard", from: "10.0.0.7" } as const;
    await actingAs(ann, async () => {
      await app.queues.pause("q", { reason: "deploy" });
    });
    await app.queues.resume("q");
    expect(await rows()).toMatchObject([
      { verb: "resumeQueue", target: "q", by: core.auditContext.by, via: "program", args: "{}" },
      { ...ann, verb: "pauseQueue", target: "q", args: '{"reason":"deploy","forMs":null}' },
    ]);
    expect((await app.queues.pause("r")).by).toBe(core.auditContext.by);
  });
});
