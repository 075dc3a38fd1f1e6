/** Who did what. */
import assert from "node:assert/strict";
import type { AuditPut } from "../../../src/store/contracts/audit.js";
import type { Store } from "../../../src/store/contracts/store.js";
import { group } from "./harness.js";

export const AUDIT_ROW: AuditPut = {
  by: "ann@host01",
  via: "cli",
  from: "host01",
  verb: "pauseQueue",
  target: "queue batch",
  args: '{"reason":"deploy"}',
  outcome: "ok",
};

const verbs = async (store: Store, options: Parameters<Store["audit"]["list"]>[0]): Promise<string[]> =>
  (await store.audit.list(options)).map(({ verb }) => verb);

async function addAll(store: Store, rows: readonly Partial<AuditPut>[]): Promise<void> {
  for (const row of rows) await store.audit.add({ ...AUDIT_ROW, ...row });
}

export const auditCases = group("audit", {
  "a row is as it was put, with the store's time, for every process": async ({ store, clock, peer }) => {
    await clock.advance(1_234);
    await store.audit.add(AUDIT_ROW);
    const [row, ...others] = await (await peer()).audit.list({ limit: 9 });
    assert.deepEqual(others, []);
    assert(row && row.id !== "");
    assert.deepEqual(row, { ...AUDIT_ROW, id: row.id, at: clock.now() });
  },

  "who adds a row is told what is watched": async ({ store, peer }) => {
    assert.deepEqual(await store.audit.add(AUDIT_ROW), []);
    const { presence } = await peer();
    await presence.watch("one", ["task-*", "beat-leading"], 30_000);
    await presence.watch("two", ["task-*", "é x"], 30_000);
    assert.deepEqual(await store.audit.add(AUDIT_ROW), ["beat-leading", "task-*", "é x"]);
    for (const id of ["one", "two"]) await presence.watch(id, [], 0);
    assert.deepEqual(await store.audit.add(AUDIT_ROW), []);
  },

  "an empty audit has no rows": async ({ store }) => {
    assert.deepEqual(await store.audit.list({ limit: 9 }), []);
  },

  "rows come newest first, page by page, also where the clock went back": async ({ store, clock }) => {
    await addAll(store, [{ verb: "a" }, { verb: "b" }]);
    clock.jump(-60_000);
    await addAll(store, [{ verb: "c" }, { verb: "d" }]);
    assert.deepEqual(await verbs(store, { limit: 9 }), ["d", "c", "b", "a"]);
    const page = await store.audit.list({ limit: 3 });
    await addAll(store, [{ verb: "e" }]);
    assert.deepEqual(await verbs(store, { limit: 3, before: page[2]!.id }), ["a"]);
    assert.deepEqual(await verbs(store, { limit: 1, before: page[0]!.id }), ["c"]);
  },

  "rows are found by who did it and by what it was done to": async ({ store }) => {
    await addAll(store, [
      { verb: "a", by: "ann", target: "node x" },
      { verb: "b", by: "bob", target: "node x" },
      { verb: "c", by: "ann", target: "node" },
      { verb: "d", by: "ann", target: "node x" },
    ]);
    assert.deepEqual(await verbs(store, { limit: 9, by: "ann" }), ["d", "c", "a"]);
    assert.deepEqual(await verbs(store, { limit: 9, target: "node x" }), ["d", "b", "a"]);
    assert.deepEqual(await verbs(store, { limit: 1, by: "ann", target: "node x" }), ["d"]);
    assert.deepEqual(await verbs(store, { limit: 9, by: "an" }), []);
  },

  "any text is who, what and why": async ({ store }) => {
    const hostile = [
      "",
      " ",
      "a b",
      "+",
      "%20",
      "line\nfeed\u0001",
      "é\ud800",
      "__proto__",
      "'; DROP TABLE audit; --",
    ];
    for (const text of hostile) {
      const row: AuditPut = {
        ...{ by: text, via: "api", from: text, verb: text, target: text, args: text, outcome: text },
      };
      await store.audit.add(row);
      const [found] = await store.audit.list({ limit: 1, by: text, target: text });
      assert(found, `a row by ${JSON.stringify(text)} was expected`);
      const { id: _, at: __, ...rest } = found;
      assert.deepEqual(rest, row);
    }
  },

  "the newest 10,000 rows are kept": {
    because: "a program that steers in a loop must not fill the store",
    async run({ store }) {
      for (let from = 0; from < 11_100; from += 100) {
        await Promise.all(
          Array.from({ length: 100 }, (_, index) =>
            store.audit.add({ ...AUDIT_ROW, verb: `v${from + index}`, by: from === 0 ? "first" : "later" }),
          ),
        );
      }
      const rows = await store.audit.list({ limit: 20_000 });
      assert.equal(rows.length, 10_000);
      assert.equal(rows[0]?.verb, "v11099");
      assert.deepEqual(await verbs(store, { limit: 9, by: "first" }), []);
    },
  },

  "the audit survives": {
    needs: "durable",
    async run({ store, reopen }) {
      await store.audit.add(AUDIT_ROW);
      assert.deepEqual(await verbs((await reopen())!, { limit: 9 }), [AUDIT_ROW.verb]);
    },
  },
});
