/** Requests, replies, and what becomes of those that are late, long, forged, doubled or lost. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { KeyRing } from "../../src/signing/index.js";
import { signingOption } from "../../src/config/keys.js";
import { type ControlRequest, readReply, type ReplyPart, signedText } from "../../src/control/wire.js";
import type { SigningOptions, SunbeatOptions } from "../../src/index.js";
import { World } from "./nodes.js";

let world: World;
beforeEach(() => void (world = new World()));
afterEach(() => world.close());

const KEY = Buffer.alloc(32, 7).toString("base64");
const OTHER_KEY = Buffer.alloc(32, 8).toString("base64");
const signing: SigningOptions = { keys: { k1: KEY }, current: "k1", require: true };

function requestOf(changes: Partial<ControlRequest> = {}): ControlRequest {
  const now = world.clock.now();
  return {
    ...{ v: 1, ticket: "ticket", verb: "poolGrow", args: { n: 1 }, to: {}, from: "asker", by: "eve@host" },
    ...{ at: now, expires: now + 2_000, clock: 1 },
    ...changes,
  };
}

/** Publishes requests as a stranger would, and gives the replies. */
async function publish(...payloads: readonly (ControlRequest | string)[]): Promise<ReplyPart[]> {
  const heard: ReplyPart[] = [];
  const end = await world.store.channel.subscribe("reply.asker", (text) => {
    const part = readReply(text);
    if (part !== null) heard.push(part);
  });
  for (const payload of payloads) {
    await world.store.channel.publish(
      "control",
      typeof payload === "string" ? payload : JSON.stringify(payload),
    );
    await world.clock.advance(20);
  }
  end();
  return heard;
}

const errorsOf = (parts: readonly ReplyPart[]): string[] =>
  parts.map(({ text }) => (JSON.parse(text) as { error?: { code: string } }).error?.code ?? "ok");

async function slotsOf(options: SunbeatOptions = {}) {
  const node = await world.worker({ hostname: "a@x", concurrency: 4 }, options);
  return { ...node, slots: () => node.worker.steering.facts().concurrency };
}

describe("requests", () => {
  test("every node answers, and the call returns with the last of them", async () => {
    await world.worker({ hostname: "a@x" });
    await world.worker({ hostname: "b@x" });
    await world.beat({ hostname: "c@x" });
    const { app } = world.app();
    const before = world.clock.monotonicMs();
    const replies = await world.settled(app.inspect.ping());
    expect(replies).toEqual({
      replies: ["a@x", "b@x", "c@x"].map((node) => ({ node, ok: "pong" })),
      missing: [],
    });
    expect(world.clock.monotonicMs() - before).toBeLessThan(100);
  });

  test.each<[string, object, readonly string[]]>([
    ["by name", { destination: "b@x" }, ["b@x"]],
    ["by names", { destination: ["b@x", "c@y"] }, ["b@x", "c@y"]],
    ["by pattern", { pattern: "*@x" }, ["a@x", "b@x"]],
    ["by kind", { kind: "beat" }, ["c@y"]],
    ["by several of these", { pattern: "*@x", destination: ["b@x"] }, ["b@x"]],
    ["nobody fits", { pattern: "z*" }, []],
  ])("nodes are asked %s", async (_, options, nodes) => {
    await world.worker({ hostname: "a@x" });
    await world.worker({ hostname: "b@x" });
    await world.beat({ hostname: "c@y" });
    const { app } = world.app();
    const { replies, missing } = await world.settled(app.inspect.ping(options));
    expect([replies.map(({ node }) => node), missing]).toEqual([nodes, []]);
  });

  test("only nodes that have the verb are waited for", async () => {
    await world.worker({ hostname: "a@x" });
    await world.beat({ hostname: "c@x" });
    const { app } = world.app();
    expect(await world.settled(app.inspect.active())).toEqual({
      replies: [{ node: "a@x", ok: [] }],
      missing: [],
    });
    const asked = await world.settled(app.inspect.active({ destination: "c@x" }));
    expect(asked.replies[0]?.error?.code).toBe("SUNBEAT_CONTROL_REFUSED");
  });

  test("a node that does not answer is named, with when it was seen", async () => {
    await world.worker({ hostname: "a@x" });
    const { clock, store } = world;
    // It tells that it is there, and hears nothing: its event loop is blocked, or its process stopped.
    const { verbs } = (await store.presence.nodes())[0]!;
    const [record] = await store.presence.nodes();
    await store.presence.appear({ ...record!, node: "deaf@x", boot: "other", verbs, lagMs: 4_000 }, 30_000);
    const seen = clock.now();
    const { app } = world.app();
    const before = clock.monotonicMs();
    const { replies, missing } = await world.settled(app.inspect.ping());
    expect(replies).toEqual([{ node: "a@x", ok: "pong" }]);
    expect(missing).toEqual([{ node: "deaf@x", lastSeen: seen, lagMs: 4_000 }]);
    expect(clock.monotonicMs() - before).toBeLessThanOrEqual(1_100);
  });

  test("a name that nobody has is missing, and costs no time", async () => {
    await world.worker({ hostname: "a@x" });
    const { app } = world.app();
    const before = world.clock.monotonicMs();
    const { replies, missing } = await world.settled(app.inspect.ping({ destination: ["a@x", "nobody"] }));
    expect(replies.length).toBe(1);
    expect(missing).toEqual([{ node: "nobody", lastSeen: null, lagMs: null }]);
    expect(world.clock.monotonicMs() - before).toBeLessThan(100);
  });

  test("so many replies are enough as the limit says", async () => {
    for (const name of ["a", "b", "c"]) await world.worker({ hostname: name });
    const { app } = world.app();
    const { replies, missing } = await world.settled(app.inspect.ping({ limit: 2 }));
    expect([replies.length, missing]).toEqual([2, []]);
  });

  test("without waiting for replies the call returns at once, and it is done", async () => {
    const { app, slots } = await slotsOf();
    expect(await app.control.broadcast("pool_grow", { n: 2 }, { reply: false })).toEqual({
      replies: [],
      missing: [],
    });
    await world.clock.advance(20);
    expect(slots()).toBe(6);
  });

  test("a request that is lost is sent again, half the time later, and done once", async () => {
    const { slots } = await slotsOf();
    let sent = 0;
    const { app } = world.app({}, ({ channel }) => ({
      channel: {
        ...channel,
        publish: (topic, payload) =>
          topic === "control" && ++sent === 1 ? Promise.resolve() : channel.publish(topic, payload),
      },
    }));
    const before = world.clock.monotonicMs();
    const { replies } = await world.settled(app.control.poolGrow(3));
    expect([sent, replies.length, slots()]).toEqual([2, 1, 7]);
    expect(world.clock.monotonicMs() - before).toBeGreaterThanOrEqual(500);
  });

  test("a reply that is lost is asked for again, and nothing is done twice", async () => {
    const { slots } = await slotsOf();
    let heard = 0;
    const { app } = world.app({}, ({ channel }) => ({
      channel: {
        ...channel,
        subscribe: (topic, handler) =>
          channel.subscribe(topic, (payload) => {
            if (!topic.startsWith("reply.") || ++heard > 1) handler(payload);
          }),
      },
    }));
    const { replies } = await world.settled(app.control.poolGrow(3));
    expect([heard, replies.length, slots()]).toEqual([2, 1, 7]);
  });

  test("an answer of many parts is joined again, in whatever order they come", async () => {
    const node = await world.worker({ hostname: "a@x", concurrency: 400 });
    const long = "x".repeat(900);
    node.app.task("wide", { queue: "q" }, () => new Promise(() => undefined));
    for (let i = 0; i < 300; i++) await node.app.sendTask("wide", [long], { queue: "q" });
    await world.clock.advance(200);
    const { app } = world.app({}, ({ channel }) => {
      const kept: string[] = [];
      return {
        channel: {
          ...channel,
          subscribe: (topic, handler) =>
            channel.subscribe(topic, (payload) => {
              if (!topic.startsWith("reply.")) return handler(payload);
              kept.push(payload);
              if (kept.length === readReply(payload)!.parts) for (const text of kept.reverse()) handler(text);
            }),
        },
      };
    });
    const { replies } = await world.settled(app.inspect.active());
    expect((replies[0]!.ok as unknown[]).length).toBe(300);
    expect(replies[0]).not.toHaveProperty("truncated");
  });

  test("of a list that is longer than sixteen parts the beginning comes, and says so", async () => {
    const node = await world.worker({ hostname: "a@x", concurrency: 2_000 });
    const long = "x".repeat(900);
    node.app.task("wide", { queue: "q" }, () => new Promise(() => undefined));
    for (let i = 0; i < 1_000; i++) await node.app.sendTask("wide", [long], { queue: "q" });
    await world.clock.advance(500);
    const { app } = world.app();
    const { replies } = await world.settled(app.inspect.active());
    expect(replies[0]!.truncated).toBe(true);
    expect((replies[0]!.ok as unknown[]).length).toBeGreaterThan(500);
  });
});

describe("what is not done", () => {
  test("the same request again is answered again and not done again", async () => {
    const { slots } = await slotsOf();
    expect(errorsOf(await publish(requestOf(), requestOf(), requestOf()))).toEqual(["ok", "ok", "ok"]);
    expect(slots()).toBe(5);
  });

  test("a request that is over is not done, and told of once", async () => {
    const { slots, lines } = await slotsOf();
    const late = { at: world.clock.now() - 3_000, expires: world.clock.now() - 1 };
    expect(await publish(requestOf(late), requestOf({ ...late, ticket: "other" }))).toEqual([]);
    expect(slots()).toBe(4);
    expect(lines.filter((line) => line.includes("left aside"))).toEqual([
      expect.stringContaining('a request of "poolGrow" that was over') as string,
    ]);
  });

  test("a request that was recorded is not done again once its ticket is forgotten: it is over by then", async () => {
    const { slots } = await slotsOf();
    const recorded = requestOf();
    await publish(recorded);
    await world.clock.advance(61_000);
    expect(await publish(recorded)).toEqual([]);
    expect(slots()).toBe(5);
  });

  test("a request that would hold for hours is refused: nobody remembers its ticket for so long", async () => {
    const { slots } = await slotsOf();
    expect(await publish(requestOf({ expires: world.clock.now() + 3_600_000 }))).toEqual([]);
    expect(slots()).toBe(4);
  });

  test.each<[string, string]>([
    ["no JSON", "{["],
    ["nothing", ""],
    ["another form", '{"v":2,"ticket":"t"}'],
    ["a list", "[1,2]"],
    ["null", "null"],
    ["a verb that is a number", JSON.stringify({ v: 1, ticket: "t", verb: 3, to: {} })],
    ["ten megabytes", `{"v":1,"ticket":"${"x".repeat(10_000_000)}"`],
  ])("what cannot be read is left aside and told of once: %s", async (_, payload) => {
    const { slots, lines, app } = await slotsOf();
    expect(await publish(payload, payload)).toEqual([]);
    expect(lines.filter((line) => line.includes("left aside")).length).toBe(1);
    expect(slots()).toBe(4);
    expect((await world.settled(app.inspect.ping())).replies.length).toBe(1);
  });

  test.each<[string, object, string]>([
    ["an unknown verb", { verb: "explode" }, "SUNBEAT_CONTROL_REFUSED"],
    ["a name of Object", { verb: "constructor" }, "SUNBEAT_CONTROL_REFUSED"],
    ["arguments that are a list", { args: [1] }, "ok"],
    ["a number of slots that is none", { args: { n: "many" } }, "SUNBEAT_OPTION_INVALID"],
    ["slots without end", { args: { n: 1e9 } }, "SUNBEAT_OPTION_INVALID"],
    ["__proto__", { args: JSON.parse('{"__proto__":{"n":3}}') as object }, "ok"],
  ])("wrong arguments are answered: %s", async (_, changes, code) => {
    await slotsOf();
    expect(errorsOf(await publish(requestOf(changes)))).toEqual([code]);
  });

  test("more requests in a minute than are remembered are refused, and those remembered are not done again", async () => {
    const { slots } = await slotsOf();
    const parts = await publish(
      ...Array.from({ length: 1_010 }, (_, i) =>
        requestOf({ ticket: `t${i}`, verb: "heartbeat", expires: world.clock.now() + 60_000 }),
      ),
    );
    const codes = errorsOf(parts);
    expect(codes.slice(0, 1_000).every((code) => code === "ok")).toBe(true);
    expect(codes.slice(1_000)).toEqual(new Array(10).fill("SUNBEAT_CONTROL_REFUSED"));
    expect(slots()).toBe(4);
  });

  test("a handler that throws is an answer", async () => {
    const { app } = await slotsOf({ workerPool: "solo" });
    const { replies } = await world.settled(app.control.poolGrow(1));
    expect(replies[0]?.error).toEqual({
      code: "SUNBEAT_CONTROL_REFUSED",
      message: "expected a pool other than solo, got that one",
    });
  });

  test("an app without remote control answers nothing, and is not waited for", async () => {
    await slotsOf({ workerEnableRemoteControl: false });
    const { app } = world.app();
    expect(await world.settled(app.inspect.ping())).toEqual({ replies: [], missing: [] });
    expect(await publish(requestOf(), requestOf({ verb: "ping", ticket: "p" }))).toEqual([]);
  });
});

describe("with keys", () => {
  const ring = (key: string) => new KeyRing(signingOption({ keys: { k1: key }, current: "k1" }));
  const signed = (request: ControlRequest, key = KEY): ControlRequest => ({
    ...request,
    sig: ring(key).sign("control", signedText(request)),
  });

  test("what is signed by the key is done, by an app that has it", async () => {
    const { slots } = await slotsOf({ signing });
    const { app } = world.app({ signing });
    expect((await world.settled(app.control.poolGrow(2))).replies[0]?.error).toBeUndefined();
    expect(slots()).toBe(6);
  });

  test("what is not signed is refused, also what only reads, and told of once", async () => {
    const { slots, lines } = await slotsOf({ signing });
    const parts = await publish(requestOf(), requestOf({ ticket: "p", verb: "ping" }));
    expect(errorsOf(parts)).toEqual(["SUNBEAT_SIGNATURE_INVALID", "SUNBEAT_SIGNATURE_INVALID"]);
    expect(slots()).toBe(4);
    expect(lines.filter((line) => line.includes("was refused")).length).toBe(1);
  });

  test("what another key has signed is refused", async () => {
    const { slots } = await slotsOf({ signing });
    expect(errorsOf(await publish(signed(requestOf(), OTHER_KEY)))).toEqual(["SUNBEAT_SIGNATURE_INVALID"]);
    expect(slots()).toBe(4);
  });

  test.each<[string, Partial<ControlRequest>]>([
    ["ticket", { ticket: "other" }],
    ["verb", { verb: "poolShrink" }],
    ["args", { args: { n: 100 } }],
    ["args: one more", { args: { n: 1, m: 1 } }],
    ["nodes", { to: { nodes: ["a@x"] } }],
    ["pattern", { to: { pattern: "*" } }],
    ["kind", { to: { kind: "worker" } }],
    ["from", { from: "other" }],
    ["by", { by: "ann@host" }],
    ["at", { at: 1 }],
    ["clock", { clock: 7 }],
  ])("a request whose %s was changed is refused", async (field, changes) => {
    const { slots } = await slotsOf({ signing });
    const forged = { ...signed(requestOf()), ...changes };
    const parts = await publish(forged);
    // Nobody hears what goes to another place than was asked from.
    expect(errorsOf(parts)).toEqual(field === "from" ? [] : ["SUNBEAT_SIGNATURE_INVALID"]);
    expect(slots()).toBe(4);
  });

  test("a request whose expires was put off is refused", async () => {
    const { slots } = await slotsOf({ signing });
    const request = signed(requestOf());
    await world.clock.advance(2_500);
    const parts = await publish({ ...request, expires: world.clock.now() + 2_000 });
    expect(errorsOf(parts)).toEqual(["SUNBEAT_SIGNATURE_INVALID"]);
    expect(slots()).toBe(4);
  });

  test("a signed request again is not done again, and its answer goes to nobody who cannot sign", async () => {
    const { slots } = await slotsOf({ signing });
    const request = signed(requestOf());
    expect(errorsOf(await publish(request, request))).toEqual(["ok", "ok"]);
    expect(slots()).toBe(5);
    const stolen = requestOf({ ...request, from: "asker", by: "thief@host" });
    expect(errorsOf(await publish(stolen))).toEqual(["SUNBEAT_SIGNATURE_INVALID"]);
  });
});

describe("without keys", () => {
  test.each<[string, boolean]>([
    ["redis://cache.example.com:6379", false],
    ["redis://:secret@cache.example.com:6379", true],
    ["rediss://user:secret@cache.example.com/1", true],
    ["redis://127.0.0.1:6379", true],
    ["redis://localhost/3", true],
    ["redis://[::1]:6379", true],
    ["redis://127.0.0.1.example.com", false],
    ["redis+cluster://127.0.0.1:7000,10.0.0.1:7001", false],
    ["redis+sentinel://:pw@s1:26379,s2:26379/main", true],
    ["sqlite:./x.db", true],
  ])("through %s changing verbs act: %s", async (broker, acts) => {
    const { slots } = await slotsOf({ broker });
    const parts = await publish(requestOf(), requestOf({ ticket: "p", verb: "ping" }));
    expect(errorsOf(parts)).toEqual([acts ? "ok" : "SUNBEAT_CONTROL_REFUSED", "ok"]);
    expect(slots()).toBe(acts ? 5 : 4);
  });
});
