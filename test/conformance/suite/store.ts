/** What holds for a store as a whole: the clock, hints, close, hostile names and bodies, and being kept. */
import assert from "node:assert/strict";
import { isSunbeatError } from "../../../src/core/errors.js";
import type { Store } from "../../../src/store/contracts/store.js";
import {
  claim,
  claimIds,
  claimOne,
  done,
  eventually,
  finish,
  HOUR_MS,
  LEASE_MS,
  message,
  sendAndClaim,
  success,
} from "./samples.js";
import {
  cursor,
  entry,
  item,
  ledgerOf,
  putAll,
  queueOne,
  read,
  runId,
  sendOf,
  tick,
} from "./entry-samples.js";
import { AUDIT_ROW } from "./audit.js";
import { nodeRecord } from "./presence.js";
import { group } from "./harness.js";
import { lead } from "./leases.js";

const never = new AbortController().signal;

export const channelCases = group("channel", {
  "subscribers of a topic hear what is published, in order, others do not": async (harness) => {
    const { store } = harness;
    const other = await harness.peer();
    const heard: string[] = [];
    let tell: () => void = () => undefined;
    const told = new Promise<void>((resolve) => (tell = resolve));
    await other.channel.subscribe("t", (payload) => {
      heard.push(payload);
      if (heard.length === 3) tell();
    });
    await other.channel.subscribe("other", () => heard.push("wrong topic"));
    await store.channel.publish("t", "1");
    await store.channel.publish("t", "");
    await store.channel.publish("t", '{"three":"drei ☀"}');
    await eventually(harness, told, "three messages");
    assert.deepEqual(heard, ["1", "", '{"three":"drei ☀"}']);
  },

  "every subscription hears, also two of one function": async (harness) => {
    const { store } = harness;
    let heard = 0;
    let tell: () => void = () => undefined;
    const told = new Promise<void>((resolve) => (tell = resolve));
    const handler = (): void => {
      if (++heard === 2) tell();
    };
    const end = await store.channel.subscribe("t", handler);
    await store.channel.subscribe("t", handler);
    await store.channel.publish("t", "x");
    await eventually(harness, told, "two calls");
    end();
    await store.channel.publish("t", "x");
    await eventually(
      harness,
      untilCalls(() => heard >= 3, harness),
      "a third call",
    );
    assert.equal(heard, 3);
  },

  "an ended subscription hears nothing, and may be ended twice": async (harness) => {
    const { store } = harness;
    const heard: string[] = [];
    const end = await store.channel.subscribe("t", (payload) => heard.push(payload));
    let tell: () => void = () => undefined;
    const told = new Promise<void>((resolve) => (tell = resolve));
    await store.channel.subscribe("t", () => tell());
    end();
    end();
    await store.channel.publish("t", "x");
    await eventually(harness, told, "the message for the other subscription");
    assert.deepEqual(heard, []);
  },

  "a subscription that ends while a message is on its way hears nothing": async (harness) => {
    const { store } = harness;
    const heard: string[] = [];
    const end = await store.channel.subscribe("t", (payload) => heard.push(payload));
    let tell: () => void = () => undefined;
    const told = new Promise<void>((resolve) => (tell = resolve));
    await store.channel.subscribe("t", () => tell());
    const published = store.channel.publish("t", "x");
    end();
    await published;
    await eventually(harness, told, "the message for the other subscription");
    assert.deepEqual(heard, []);
  },

  "a handler that throws keeps nobody else from hearing": async (harness) => {
    const { store } = harness;
    let tell: () => void = () => undefined;
    const told = new Promise<void>((resolve) => (tell = resolve));
    await store.channel.subscribe("t", () => {
      throw new Error("handler");
    });
    await store.channel.subscribe("t", () => tell());
    await store.channel.publish("t", "x");
    await eventually(harness, told, "the message");
  },

  "publishing to nobody is fine": async ({ store }) => {
    await store.channel.publish("t", "x");
  },
});

/** Resolves once `isSo`, looking each time the clock moves. */
async function untilCalls(
  isSo: () => boolean,
  harness: { clock: { after(ms: number, fn: () => void): unknown } },
) {
  while (!isSo()) await new Promise<void>((resolve) => harness.clock.after(10, resolve));
}

/** One call of every verb. */
function everyVerb(store: Store): Record<string, () => Promise<unknown>> {
  const ref = { id: "a", token: "t" };
  const request = { queues: ["q"], worker: "w", leaseMs: LEASE_MS, max: 1 };
  const candidate = { id: "a", nonce: "n", host: "h", version: "1" };
  const { sender, consumer, queues, deadLetters, ledger, results, leases, entries, channel } = store;
  return {
    now: () => store.now(),
    measure: () => store.measure(),
    sweep: () => store.sweep(1),
    enqueue: () => sender.enqueue([message("z")]),
    claim: () => consumer.claim(request),
    heartbeat: () => consumer.heartbeat([ref], 1),
    settle: () => consumer.settle([done(ref)], request),
    giveBack: () => consumer.giveBack([ref]),
    revoke: () => sender.revoke(["a"], { terminate: true, keepMs: 1 }),
    purge: () => queues.purge(["q"]),
    counts: () => queues.counts(),
    deadLetters: () => deadLetters.list({ limit: 1 }),
    redrive: () => deadLetters.redrive(["a"]),
    deleteDead: () => deadLetters.delete(["a"]),
    listen: () => consumer.listen(["q"]),
    getResults: () => results.get(["a"]),
    wait: () => results.wait("a", never),
    update: () => results.update(ref, success, 1),
    putResult: () => results.put("a", success, 1),
    forget: () => results.forget(["a"]),
    elect: () => leases.elect(candidate, 1),
    resign: () => leases.resign(candidate),
    leader: () => leases.leader(),
    getEntries: () => entries.get(["a"]),
    list: () => entries.list({ limit: 1 }),
    putEntries: () => entries.put([entry("z", 1)]),
    remove: () => entries.remove("a", 1),
    due: () => entries.due(1),
    tick: () => entries.tick("1:n", []),
    trigger: () => entries.trigger("a", message("a!1"), null),
    ledger: () => ledger.rows("a", { limit: 1, keep: "oldest" }),
    trimLedger: () => ledger.trim({ maxAgeMs: 1, maxRowsPerEntry: 1 }, 1),
    appear: () => store.presence.appear(nodeRecord("n", "b"), 1),
    leave: () => store.presence.leave("n", "b", "ended"),
    nodes: () => store.presence.nodes(),
    watch: () => store.presence.watch("w", ["*"], 1),
    mark: () => store.presence.mark({ a: "b" }, 1),
    addAudit: () => store.audit.add(AUDIT_ROW),
    audits: () => store.audit.list({ limit: 1 }),
    publish: () => channel.publish("t", "x"),
    subscribe: () => channel.subscribe("t", () => undefined),
  };
}

function isClosedError(error: unknown): boolean {
  return isSunbeatError(error) && error.code === "SUNBEAT_CLOSED";
}

export const storeCases = group("store", {
  "its clock is the harness's clock": async ({ store, clock }) => {
    assert.equal(await store.now(), clock.now());
    await clock.advance(1_234);
    assert.equal(await store.now(), clock.now());
    clock.jump(-60_000);
    assert.equal(await store.now(), clock.now());
  },

  "its label says where it is": async ({ store }) => {
    assert.match(store.label, /^[a-z+]+:/);
  },

  "after close every call rejects with SUNBEAT_CLOSED, and close may be called again": async ({ store }) => {
    await store.sender.enqueue([message("a")]);
    const verbs = everyVerb(store);
    await store.close();
    await store.close();
    for (const [name, verb] of Object.entries(verbs)) {
      await assert.rejects(verb, isClosedError, `${name} was expected to reject with SUNBEAT_CLOSED`);
    }
    await store.close();
  },

  "close ends those who wait for a result": async (harness) => {
    const wait = harness.store.results.wait("a", never);
    const ended = assert.rejects(wait, isClosedError);
    await harness.clock.advance(0);
    await harness.store.close();
    await eventually(harness, ended, "the end of a wait after close");
  },

  "a subscription can be ended after close": async ({ store }) => {
    const end = await store.channel.subscribe("t", () => undefined);
    await store.close();
    end();
  },

  "sweeping an empty store drops nothing": async ({ store }) => {
    assert.equal(await store.sweep(100), 0);
  },
});

const HOSTILE_NAMES = [
  "__proto__",
  "constructor",
  "toString",
  "hasOwnProperty",
  "",
  " ",
  "a b",
  "a:b{c}*?[d]%_",
  "'; DROP TABLE messages; --",
  '"quoted"\\back',
  "new\nline\r\ttab",
  "nul\0inside",
  "nul\0other",
  "ünï ☀ 日本語 🦊",
  "e\u0301",
  "é",
  "A",
  "0",
  "-1",
  "1e3",
  "x".repeat(255),
  "🦊".repeat(127),
];

const HOSTILE_BODIES: Readonly<Record<string, string>> = {
  empty: "",
  proto: '{"__proto__":{"polluted":true}}',
  nul: "a\0b\0",
  controls: Array.from({ length: 0x20 }, (_, code) => String.fromCharCode(code)).join(""),
  lines: "a\r\nb\u2028c\u2029",
  astral: "🦊\u{10FFFF}",
  "lone high surrogate": "a\uD800",
  "lone low surrogate": "\uDC00b",
  "surrogates the wrong way round": "\uDFFF\uD83D",
  "not characters": "\uFFFE\uFFFF\uFEFF",
  "not JSON": "{[",
  "one megabyte": "☀ sun ".repeat(Math.ceil(2 ** 20 / 6)).slice(0, 2 ** 20),
};

export const hostileCases = group("hostile names and bodies", {
  "any text of at most 255 characters is an id, and no two are the same": async ({ store }) => {
    const ids = HOSTILE_NAMES;
    assert.deepEqual(
      await store.results.get(ids),
      ids.map(() => null),
    );
    assert.deepEqual(
      await store.sender.enqueue(ids.map((id) => message(id))),
      ids.map(() => "queued"),
    );
    assert.deepEqual(await store.sender.enqueue([message("__proto__")]), ["duplicate"]);
    const { deliveries } = await claim(store, { max: 100 });
    assert.deepEqual(
      deliveries.map(({ id }) => id),
      ids,
    );
    for (const delivery of deliveries) await finish(store, delivery);
    assert.deepEqual(
      (await store.results.get(ids)).map((record) => record?.id),
      ids,
    );
  },

  "any text is a queue": async ({ store }) => {
    for (const [index, queue] of HOSTILE_NAMES.entries()) {
      await store.sender.enqueue([message(`m${index}`, { queue })]);
    }
    assert.deepEqual(
      (await store.queues.counts()).map(({ queue }) => queue).sort(),
      [...HOSTILE_NAMES].sort(),
    );
    for (const [index, queue] of HOSTILE_NAMES.entries()) {
      assert.deepEqual(await claimIds(store, { queues: [queue] }), [`m${index}`]);
    }
  },

  "any text is the name of an entry": async ({ store, clock }) => {
    const now = clock.now();
    assert.deepEqual(
      await store.entries.get(HOSTILE_NAMES),
      HOSTILE_NAMES.map(() => null),
    );
    await putAll(store, ...HOSTILE_NAMES.map((name) => entry(name, now)));
    const items = HOSTILE_NAMES.map((name, index) => {
      const send = sendOf(name, now, queueOne, { id: `m${index}` });
      return item(name, now, { plan: [send], next: cursor(now + 5) });
    });
    const outcomes = await tick(store, await lead(store), ...items);
    assert(outcomes.every(({ outcome }) => outcome === "ticked"));
    const { deliveries } = await claim(store, { max: 100 });
    assert.deepEqual(
      deliveries.map((delivery) => delivery.entry),
      HOSTILE_NAMES,
    );
    for (const name of HOSTILE_NAMES) assert.equal((await ledgerOf(store, name)).length, 1);
    assert.deepEqual(
      (await store.entries.list({ limit: 100 })).map(({ name }) => name).sort(),
      [...HOSTILE_NAMES].sort(),
    );
    assert.equal(({} as Record<string, unknown>)["polluted"], undefined);
  },

  "any text is a task, a worker, a topic and an owner": async (harness) => {
    const { store } = harness;
    for (const name of HOSTILE_NAMES) {
      await store.sender.enqueue([message(`id of ${name}`.slice(0, 255), { task: name })]);
      const delivery = await claimOne(store, { worker: name });
      assert.equal(delivery.task, name);
      await finish(store, delivery);
      await putAll(store, entry(name, null, { owner: name, definition: name, revision: name }));
      const { owner, definition, revision } = await read(store, name);
      assert.deepEqual([owner, definition, revision], [name, name, name]);
    }
    let tell: (payload: string) => void = () => undefined;
    const told = new Promise<string>((resolve) => (tell = resolve));
    await store.channel.subscribe("__proto__", (payload) => tell(payload));
    await store.channel.publish("__proto__", "constructor");
    assert.equal(await eventually(harness, told, "the message"), "constructor");
  },

  "bodies come back exactly, to the last code unit": async ({ store }) => {
    for (const [name, body] of Object.entries(HOSTILE_BODIES)) {
      const delivery = await sendAndClaim(store, name, { body });
      assert(delivery.body === body, `the body "${name}" was changed`);
      await finish(store, delivery);
    }
  },

  "payloads of results come back exactly": async ({ store }) => {
    for (const [name, payload] of Object.entries(HOSTILE_BODIES)) {
      await store.results.put(name, { state: "SUCCESS", payload }, HOUR_MS);
      assert((await store.results.get([name]))[0]?.payload === payload, `the payload "${name}" was changed`);
    }
  },

  "bodies of dead letters come back exactly": async ({ store }) => {
    for (const [name, body] of Object.entries(HOSTILE_BODIES)) {
      const { id, token } = await sendAndClaim(store, name, { body });
      await store.consumer.settle(
        [{ id, token, kind: "dead", reason: name, result: null, resultTtlMs: 0 }],
        null,
      );
      const [letter] = (await store.deadLetters.list({ limit: 1 })).letters;
      assert(letter?.body === body && letter.reason === name, `the body "${name}" was changed`);
      await store.deadLetters.delete([id]);
    }
  },

  "bodies of buffered runs come back exactly": async ({ store, clock }) => {
    const body = Object.values(HOSTILE_BODIES).slice(0, -1).join("");
    const now = clock.now();
    await putAll(store, entry("a", now - 1));
    const plan = [sendOf("a", now - 1, queueOne), sendOf("a", now, queueOne, { body })];
    await tick(store, await lead(store), item("a", now - 1, { plan, next: cursor(now + 5) }));
    await finish(store, await claimOne(store));
    assert((await claimOne(store)).body === body);
  },

  "large and far instants are kept exactly": async ({ store }) => {
    const far = 8_640_000_000_000_000;
    await putAll(store, entry("a", null, { cursor: cursor(far - 1, far), version: 2 ** 53 - 1 }));
    const { cursor: at, version } = await read(store, "a");
    assert.deepEqual([at, version], [cursor(far - 1, far), 2 ** 53 - 1]);
    await store.sender.enqueue([message("a", { eta: { at: far } })]);
    assert.equal((await claim(store)).nextWakeAt, far);
  },
});

export const durableCases = group("durability", {
  "what was written is there after the store was closed and opened again": {
    needs: "durable",
    async run({ store, clock, reopen }) {
      const now = clock.now();
      await putAll(store, entry("a", now - 1));
      const term = await lead(store);
      const plan = [sendOf("a", now - 1, queueOne), sendOf("a", now, queueOne)];
      await tick(store, term, item("a", now - 1, { plan, next: cursor(now + 5) }));
      await store.sender.enqueue([message("ready"), message("delayed", { eta: { inMs: 1_000 } })]);
      const dead = await sendAndClaim(store, "dead", { priority: 9 });
      await store.consumer.settle(
        [{ ...dead, kind: "dead", reason: "r", result: null, resultTtlMs: 0 }],
        null,
      );
      await store.results.put("result", success, HOUR_MS);
      await store.sender.revoke(["revoked"], { terminate: false, keepMs: HOUR_MS });
      const held = await claimOne(store);
      const look = async (each: Store) => ({
        entry: await read(each, "a"),
        ledger: await ledgerOf(each, "a"),
        counts: await each.queues.counts(),
        dead: (await each.deadLetters.list({ limit: 10 })).letters,
        results: await each.results.get(["result", "ready", held.id, runId("a", now)]),
        leader: await each.leases.leader(),
      });
      const before = await look(store);
      const again = await reopen();
      assert(again, "a durable store was expected to open again");
      assert.deepEqual(await look(again), before);

      assert.deepEqual(await again.consumer.heartbeat([held], LEASE_MS), ["extended"]);
      assert.equal(await lead(again), term);
      await finish(again, held);
      await again.sender.enqueue([message("revoked")]);
      await clock.advance(1_000);
      assert.deepEqual(await claimIds(again), ["ready", "delayed", runId("a", now)]);
      assert.equal((await again.results.get(["revoked"]))[0]?.reason, "revoked");
    },
  },

  "tokens, etags and epochs are not used again after the store was opened again": {
    needs: "durable",
    async run({ store, clock, reopen }) {
      await putAll(store, entry("a", null));
      const { etag } = await read(store, "a");
      const { token } = await sendAndClaim(store, "m");
      const first = await lead(store);
      await clock.advance(LEASE_MS);
      const again = await reopen();
      assert(again, "a durable store was expected to open again");
      await again.entries.remove("a", etag);
      await putAll(again, entry("a", null));
      assert.notEqual((await read(again, "a")).etag, etag);
      assert.notEqual((await claimOne(again)).token, token);
      assert(Number.parseInt(await lead(again), 10) > Number.parseInt(first, 10));
    },
  },
});
