import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { closeMessage, type Keys, openMessage } from "../../src/signing/envelope.js";
import type { Delivery } from "../../src/store/contracts/delivery.js";
import { decodeBody, encodeBody } from "../../src/tasks/envelope.js";
import type { NewMessage, When } from "../../src/tasks/message.js";
import { ENCRYPTION, keysFor, pairOf, REQUIRED, secretOf, SIGNING } from "./keys.js";

const NOW = 1_000_000;
const BARE = {
  ...{ headers: {}, parentId: null, rootId: null, groupId: null, scheduledFor: null, ignoreResult: null },
  resultTtlMs: null,
};
const BODY = encodeBody({ ...BARE, args: ["secret", 1], headers: { a: "b" } });

function sent(changes: Partial<NewMessage> = {}): NewMessage {
  return {
    ...{ id: "id1", task: "mail.send", queue: "mails", priority: 0, maxDeliveries: 5, resultTtlMs: 1_000 },
    body: BODY,
    ...changes,
  };
}

const instantOf = (when: When | undefined): number | null =>
  when === undefined ? null : "at" in when ? when.at : NOW + when.inMs;

/** As a store would deliver it. */
function delivered(message: NewMessage, changes: Partial<Delivery> = {}): Delivery {
  const { eta, expires, lock, rate, lane: _, unique: __, ...rest } = message;
  return {
    ...rest,
    ...{ idTtlMs: 0, entry: null, token: "t", retries: 0, deliveries: 1, enqueuedAt: 0 },
    eta: instantOf(eta),
    expires: instantOf(expires),
    ...(lock && { lock: { ...lock, fence: 1 } }),
    ...(rate && { rate }),
    ...changes,
  };
}

function outcome(keys: Keys, delivery: Delivery, now = NOW): string {
  const { refused, body } = openMessage(keys, delivery, now).delivery;
  return refused?.code ?? (body === BODY ? "open" : `another body: ${body}`);
}

const keys = keysFor(REQUIRED);
const LOCK = { name: "door", capacity: 1, waitTimeoutMs: null, reserveMs: 1 };
const RATE = { key: "ada", weight: 2 };
const FULL: Partial<NewMessage> = {
  ...{ eta: { at: NOW - 10 }, expires: { at: NOW + 10 }, lock: LOCK, rate: RATE },
  lane: { name: "l", weight: 1 },
};

describe("a field that was changed between send and delivery", () => {
  test.each<[string, Partial<NewMessage>, Partial<Delivery>, string, string]>([
    ["nothing", FULL, {}, "open", "it comes as it was sent"],
    ["task", FULL, { task: "mail.drop" }, "SUNBEAT_SIGNATURE_INVALID", "other code would run"],
    ["id", FULL, { id: "id2" }, "SUNBEAT_SIGNATURE_INVALID", "a replay under another id"],
    ["queue", FULL, { queue: "admin" }, "SUNBEAT_SIGNATURE_INVALID", "a replay in another queue"],
    ["eta", FULL, { eta: NOW - 11 }, "SUNBEAT_SIGNATURE_INVALID", "earlier than it was sent for"],
    ["eta", FULL, { eta: NOW - 9 }, "open", "a retry, a busy lock, a cooldown put it off"],
    ["eta", FULL, { eta: null }, "open", "its instant has come all the same"],
    ["eta", { eta: { at: NOW + 5 } }, { eta: null }, "SUNBEAT_SIGNATURE_INVALID", "its instant has not come"],
    ["eta", { eta: { at: NOW + 5 } }, {}, "SUNBEAT_SIGNATURE_INVALID", "delivered before its instant"],
    ["eta", { eta: { inMs: 5 } }, { eta: 1 }, "open", "of a relative one only the word is bound"],
    ["eta", {}, { eta: NOW }, "open", "put off"],
    ["expires", FULL, { expires: NOW + 11 }, "SUNBEAT_SIGNATURE_INVALID", "it would run too late"],
    ["expires", FULL, { expires: NOW + 9 }, "SUNBEAT_SIGNATURE_INVALID", "it would be dropped too soon"],
    ["expires", FULL, { expires: null }, "open", "cleared, and its instant has not come"],
    [
      "expires",
      { expires: { at: NOW } },
      { expires: null },
      "SUNBEAT_SIGNATURE_INVALID",
      "cleared, and over",
    ],
    ["expires", {}, { expires: NOW + 1 }, "SUNBEAT_SIGNATURE_INVALID", "it had none"],
    ["expires", { expires: { inMs: 5 } }, { expires: 9 }, "open", "of a relative one only the word is bound"],
    ["lock", FULL, { lock: { ...LOCK, name: "x", fence: 1 } }, "SUNBEAT_SIGNATURE_INVALID", "another lock"],
    ["lock", FULL, { lock: { ...LOCK, capacity: 9, fence: 1 } }, "SUNBEAT_SIGNATURE_INVALID", "more permits"],
    ["lock", {}, { lock: { ...LOCK, fence: 1 } }, "open", "its task's, to which it was admitted before"],
    ["rate", FULL, { rate: { key: "bob", weight: 2 } }, "SUNBEAT_SIGNATURE_INVALID", "another bucket"],
    ["rate", FULL, { rate: { key: "ada", weight: 1 } }, "SUNBEAT_SIGNATURE_INVALID", "fewer tokens"],
    ["rate", {}, { rate: RATE }, "open", "computed by its worker"],
    ["priority", FULL, { priority: 9 }, "open", "not bound: the order alone"],
    ["retries", FULL, { retries: 3, deliveries: 2 }, "open", "counted by the store"],
  ])("%s, sent as %j, delivered with %j: %s, since %s", (_, message, delivery, expected) => {
    const closed = closeMessage(keys, sent(message), []);
    expect(outcome(keys, delivered(closed, delivery))).toBe(expected);
  });

  test.each<["lock" | "rate"]>([["lock"], ["rate"]])("%s that was taken away is noticed", (field) => {
    const { [field]: _, ...rest } = delivered(closeMessage(keys, sent(FULL), []));
    expect(outcome(keys, rest)).toBe("SUNBEAT_SIGNATURE_INVALID");
  });

  test("each character of the text counts", () => {
    const closed = closeMessage(keys, sent(FULL), []);
    const opened = [...closed.body].map((character, at) => {
      const body = closed.body.slice(0, at) + (character === "x" ? "y" : "x") + closed.body.slice(at + 1);
      return openMessage(keys, delivered({ ...closed, body }), NOW).delivery.refused?.code ?? "open";
    });
    expect(opened).not.toContain("open");
  });
});

describe("unique keys", () => {
  test.each([
    ["replace", "open"],
    ["queue-one", "open"],
    ["join", "SUNBEAT_SIGNATURE_INVALID"],
    ["refuse", "SUNBEAT_SIGNATURE_INVALID"],
  ] as const)("under %s a body in the place of another one's is %s", (onConflict, expected) => {
    const unique = { key: "k", ttlMs: null, until: "finished", onConflict, maxWaitMs: 5 } as const;
    const closed = closeMessage(keys, sent({ ...FULL, unique }), []);
    expect(outcome(keys, delivered(closed, { id: "older", rate: { key: "bob", weight: 1 } }))).toBe(expected);
  });
});

describe("keys", () => {
  const old = { keys: { k0: secretOf("k0") }, current: "k0" };
  const both = { keys: { ...old.keys, ...SIGNING.keys }, current: "k1", require: true };

  test("the one before verifies while it is in the ring, and the current one signs", () => {
    const ring = keysFor(both);
    expect(outcome(ring, delivered(closeMessage(keysFor(old), sent(), [])))).toBe("open");
    expect(closeMessage(ring, sent(), []).body).toContain('"sig":"k1.');
    expect(outcome(keysFor(REQUIRED), delivered(closeMessage(keysFor(old), sent(), [])))).toBe(
      "SUNBEAT_KEY_UNKNOWN",
    );
  });

  test("another key of the same name is a wrong one", () => {
    const wrong = keysFor({ keys: { k1: secretOf("other") }, current: "k1" });
    expect(outcome(keys, delivered(closeMessage(wrong, sent(), [])))).toBe("SUNBEAT_SIGNATURE_INVALID");
  });

  test.each([
    ["required", REQUIRED, "SUNBEAT_SIGNATURE_INVALID"],
    ["not required", SIGNING, "open"],
  ])("no signature, where it is %s", (_, signing, expected) => {
    expect(outcome(keysFor(signing), delivered(sent()))).toBe(expected);
  });

  test.each([
    ["required", REQUIRED],
    ["not required", SIGNING],
  ])("a wrong signature is refused, also where it is %s", (_, signing) => {
    const closed = closeMessage(keys, sent(), []);
    const body = closed.body.replace('"secret"', '"changed"');
    expect(outcome(keysFor(signing), delivered({ ...closed, body }))).toBe("SUNBEAT_SIGNATURE_INVALID");
  });

  test("what was signed as something else is no message", () => {
    const closed = closeMessage(keys, sent(), []);
    const rest = closed.body.slice(closed.body.indexOf('","') + 2);
    const body = `{"v":3,"sig":"${keys.ring.sign("control", rest)}",${rest}`;
    expect(outcome(keys, delivered({ ...closed, body }))).toBe("SUNBEAT_SIGNATURE_INVALID");
  });

  test("Ed25519: who has the public key alone verifies, and cannot sign", () => {
    const pair = pairOf();
    const sender = keysFor({ keys: { p1: pair.private }, current: "p1" });
    const verifier = keysFor({ public: { p1: pair.public }, require: true });
    const closed = closeMessage(sender, sent(), []);
    expect(outcome(verifier, delivered(closed))).toBe("open");
    expect(outcome(verifier, delivered(closed, { queue: "other" }))).toBe("SUNBEAT_SIGNATURE_INVALID");
    expect(closeMessage(verifier, sent(), [])).toEqual(sent());
    const other = keysFor({ keys: { p1: pairOf().private }, current: "p1" });
    expect(outcome(verifier, delivered(closeMessage(other, sent(), [])))).toBe("SUNBEAT_SIGNATURE_INVALID");
  });
});

describe("sealing", () => {
  const sealing = keysFor(REQUIRED, ENCRYPTION);
  const alone = keysFor(null, ENCRYPTION);

  test.each([
    ["with a signature", sealing],
    ["without", alone],
  ])("%s arguments and headers cannot be read, and come back as they were", (_, ring) => {
    const closed = closeMessage(ring, sent(), []);
    expect(closed.body).not.toMatch(/secret|headers|args/);
    expect(closed.body).toContain("mail.send");
    expect(outcome(ring, delivered(closed))).toBe("open");
  });

  test("no two are sealed alike", () => {
    const bodies = Array.from({ length: 1_000 }, () => closeMessage(alone, sent(), []).body);
    expect(new Set(bodies).size).toBe(1_000);
  });

  test("without a signature the head is bound all the same", () => {
    const closed = closeMessage(alone, sent(), []);
    const body = closed.body.replace('"mails"', '"admin"');
    expect(outcome(alone, delivered({ ...closed, body, queue: "admin" }))).toBe("SUNBEAT_SIGNATURE_INVALID");
  });

  test.each([
    ["with another key", keysFor(REQUIRED, { keys: { e2: secretOf("e2") }, current: "e2" })],
    ["without encryption", keysFor(REQUIRED)],
  ])("%s it is kept for when the key is back", (_, ring) => {
    expect(outcome(ring, delivered(closeMessage(sealing, sent(), [])))).toBe("SUNBEAT_KEY_UNKNOWN");
  });
});

describe("what anybody may have put there (F18)", () => {
  const templates = [
    closeMessage(keys, sent(FULL), []).body,
    closeMessage(keysFor(null, ENCRYPTION), sent(), []).body,
  ];
  const HOSTILE = [
    ...["", '{"v":3', '{"v":3,"sig":"', '{"v":3,"sig":"",', '{"v":3,"sig":"k1.","head":[],"body":{}}'],
    ...['{"v":3,"sig":"","head":null,"body":{}}', '{"v":3,"sig":"__proto__.x","head":[],"body":1}'],
    ...[
      '{"v":3,"sig":"constructor.AAAA","head":["a"],"body":{"v":1,"args":[]}}',
      '{"v":3,"sig":"k1","body":1}',
    ],
    '{"v":3,"sig":"","head":["mail.send","id1","mails",null,null,null,null,null,null,[{"__proto__":1}]],"body":{}}',
    '{"v":3,"sig":"","head":["mail.send","id1","mails",1e999,null,null,null,null,null,[]],"body":"e1."}',
    `{"v":3,"sig":"","head":${"[".repeat(50_000)}],"body":1}`,
    '{"v":4,"v":1,"args":[]}',
    '{"v":1,"args":[],"v":4}',
  ];

  test.each(HOSTILE.map((body) => [body.slice(0, 90), body]))(
    "%s is refused, or left to newer workers",
    (_, body) => {
      const { delivery } = openMessage(keys, delivered(sent({ body })), NOW);
      if (delivery.refused !== undefined) return;
      expect(() => decodeBody(delivery.body)).toThrow(
        expect.objectContaining({ code: "SUNBEAT_MESSAGE_NEWER" }),
      );
      expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    },
  );

  test("texts of every kind, and ours with pieces cut, doubled and changed: never run, never thrown", () => {
    const piece = fc.tuple(
      fc.constantFrom(...templates),
      fc.nat(600),
      fc.nat(600),
      fc.string({ maxLength: 20 }),
    );
    const changed = piece.map(([text, from, to, put]) => text.slice(0, from) + put + text.slice(to));
    fc.assert(
      fc.property(fc.oneof(changed, fc.string(), fc.json()), (body) => {
        fc.pre(!templates.includes(body));
        const { delivery } = openMessage(keys, delivered(sent({ ...FULL, body })), NOW);
        if (delivery.refused === undefined) expect(() => decodeBody(delivery.body)).toThrow();
      }),
      { numRuns: 1_000 },
    );
  });
});

test("whatever is sent comes back as it was, signed and sealed", () => {
  const rings = [keys, keysFor(null, ENCRYPTION), keysFor(REQUIRED, ENCRYPTION)];
  const text = fc.string({ minLength: 1, maxLength: 30, unit: "binary" });
  // What would change a prototype is refused before.
  const plain = fc.jsonValue().filter((value) => !JSON.stringify(value).includes('"__proto__"'));
  fc.assert(
    fc.property(text, text, plain, fc.constantFrom(...rings), (task, queue, value, ring) => {
      const body = encodeBody({ ...BARE, args: [JSON.parse(JSON.stringify(value))] });
      const { delivery } = openMessage(
        ring,
        delivered(closeMessage(ring, sent({ task, queue, body }), [])),
        NOW,
      );
      expect([delivery.refused, delivery.body]).toEqual([undefined, body]);
    }),
  );
});
