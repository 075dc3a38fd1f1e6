/** Each check of what comes from the store is taken out in turn, and what it keeps out must get in. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import type * as Entries from "../../src/signing/entries.js";
import type * as Envelope from "../../src/signing/envelope.js";
import type * as Ring from "../../src/signing/index.js";
import type * as Results from "../../src/signing/results.js";
import { encryptionOption, signingOption } from "../../src/config/keys.js";
import { silentLogger } from "../../src/core/logger.js";
import type { EntryPut } from "../../src/store/contracts/entries.js";
import type { Delivery } from "../../src/store/contracts/delivery.js";
import type { NewMessage } from "../../src/tasks/message.js";
import { type Change, MutantCopies } from "../support/mutant-copies.js";
import { ENCRYPTION, REQUIRED, secretOf, SIGNING } from "./keys.js";

const folder = mkdtempSync(path.join(tmpdir(), "sunbeat-mutants-"));
afterAll(() => rmSync(folder, { recursive: true }));

interface Code {
  readonly keysOf: typeof Ring.keysOf;
  readonly envelope: typeof Envelope;
  readonly results: typeof Results;
  readonly entries: typeof Entries;
}

const copies = new MutantCopies(folder, ["core", "tasks", "signing"]);

/** `change` null: the code as it is. */
async function codeWith(change: Change | null): Promise<Code> {
  const copy = copies.make(change);
  const { keysOf } = await copy.load<typeof Ring>("signing/index.js");
  return {
    keysOf,
    envelope: await copy.load("signing/envelope.js"),
    results: await copy.load("signing/results.js"),
    entries: await copy.load("signing/entries.js"),
  };
}

const SENT: NewMessage = {
  ...{ id: "id1", task: "a", queue: "q", priority: 0, maxDeliveries: 5, resultTtlMs: 1 },
  ...{ eta: { at: 50 }, expires: { at: 150 }, rate: { key: "k", weight: 2 } },
  lock: { name: "l", capacity: 1, waitTimeoutMs: null, reserveMs: 1 },
  body: '{"v":1,"args":[1]}',
};
const ENTRY: EntryPut = {
  ...{ name: "e", owner: "runtime", version: 0, revision: "r", expect: null, ledger: [] },
  ...{ cursor: null, pausedAt: null, disabled: null, definition: '{"task":"a"}' },
};

/** What gets in, of what must not. */
function attacksThatSucceed({ keysOf, envelope, results, entries }: Code): string[] {
  const keys = keysOf(signingOption(REQUIRED), null, silentLogger);
  const stranger = keysOf(signingOption({ keys: { k1: secretOf("x") }, current: "k1" }), null, silentLogger);
  const sealing = keysOf(null, encryptionOption(ENCRYPTION), silentLogger);
  const other = keysOf(null, encryptionOption({ ...ENCRYPTION, keys: { e1: secretOf("y") } }), silentLogger);
  const in_: string[] = [];
  const deliver = (
    name: string,
    message: NewMessage,
    changes: Partial<Delivery> = {},
    ring = keys,
    now = 100,
  ) => {
    const { eta: _, expires: __, lane: ___, unique: ____, lock, ...rest } = message;
    const delivery: Delivery = {
      ...rest,
      ...{
        token: "t",
        retries: 0,
        deliveries: 1,
        idTtlMs: 0,
        entry: null,
        enqueuedAt: 0,
        eta: 50,
        expires: 150,
      },
      lock: { ...lock!, fence: 1 },
      ...changes,
    };
    if (envelope.openMessage(ring, delivery, now).delivery.refused === undefined) in_.push(name);
  };
  const closed = envelope.closeMessage(keys, SENT, []);
  deliver("unsigned", SENT);
  deliver("by a stranger", envelope.closeMessage(stranger, SENT, []));
  deliver("changed body", { ...closed, body: closed.body.replace("[1]", "[2]") });
  deliver("no signature in form 3", { ...closed, body: closed.body.replace(/"sig":"[^"]*"/, '"sig":""') });
  deliver("task", closed, { task: "b" });
  deliver("id", closed, { id: "id2" });
  deliver("queue", closed, { queue: "p" });
  deliver("eta", closed, { eta: 49 });
  deliver("too soon", closed, {}, keys, 49);
  deliver("expires", closed, { expires: 151 });
  deliver("expired", closed, { expires: null }, keys, 150);
  deliver("lock", closed, { lock: { ...SENT.lock!, name: "m", fence: 1 } });
  deliver("capacity", closed, { lock: { ...SENT.lock!, capacity: 2, fence: 1 } });
  deliver("rate key", closed, { rate: { key: "j", weight: 2 } });
  deliver("weight", closed, { rate: { key: "k", weight: 1 } });
  const rest = closed.body.slice(closed.body.indexOf('","') + 2);
  deliver("other purpose", { ...closed, body: `{"v":3,"sig":"${keys.ring.sign("control", rest)}",${rest}` });
  const sealed = envelope.closeMessage(sealing, SENT, []);
  deliver("moved, sealed", { ...sealed, body: sealed.body.replace('"q"', '"p"') }, { queue: "p" }, sealing);
  deliver("other key, sealed", sealed, {}, other);

  const record = { state: "SUCCESS", payload: "1", worker: "w" };
  const open = (name: string, changes: object): void => {
    const stored = { ...results.closeRecord(keys, "id1", record, []), id: "id1", at: 0, ...changes };
    const { payload } = results.openRecord(keys, stored);
    if (payload === null || !payload.startsWith("~!")) in_.push(name);
  };
  open("unsigned result", { payload: "2" });
  open("no result", { payload: null });
  open("changed result", {
    payload: results.closeRecord(keys, "id1", record, []).payload!.replace(/1$/, "2"),
  });
  open("result of another", { id: "id2" });
  open("state of a result", { state: "FAILURE" });
  open("unsigned join", { payload: '{"$source":0}', worker: undefined });
  open("unsigned result of form ~", { payload: '~\n["id1","SUCCESS"]\n2' });

  const put = entries.closeEntry(keys.ring, ENTRY);
  const read = (name: string, changes: Partial<EntryPut>): void => {
    if (!entries.openEntry(keys.ring, { ...put, ...changes }).definition.includes('"signature":"!'))
      in_.push(name);
  };
  read("unsigned entry", { definition: ENTRY.definition });
  read("changed entry", { definition: put.definition.replace('"a"', '"b"') });
  read("entry of another name", { name: "f" });
  const forged = entries.openEntry(keys.ring, { ...put, definition: ENTRY.definition });
  if (entries.closeEntry(keys.ring, forged).definition !== ENTRY.definition) in_.push("signed by a pause");
  return in_;
}

test("the code as it is lets nothing in", async () => {
  expect(attacksThatSucceed(await codeWith(null))).toEqual([]);
  expect(SIGNING.current).toBe("k1");
});

test.each([
  [
    "key-ring.ts",
    "given.length === right.length && timingSafeEqual(given, right)",
    "given.length > 0",
    "by a stranger",
  ],
  [
    "key-ring.ts",
    "given.length === right.length && timingSafeEqual(given, right)",
    "given.length > 0",
    "changed body",
  ],
  [
    "key-ring.ts",
    "`sunbeat2 ${purpose} ${name}\\n`",
    "`sunbeat2 ${name} ${purpose.slice(0, 0)}\\n`",
    "other purpose",
  ],
  ["envelope.ts", "ring.requires && !isNewer", "false && !isNewer", "unsigned"],
  ["envelope.ts", "else if (ring.requires) return UNSIGNED;", "", "no signature in form 3"],
  ["envelope.ts", "task !== delivery.task", "false", "task"],
  ["envelope.ts", "if (id !== delivery.id && replaces === null)", "if (false)", "id"],
  ["envelope.ts", "queue !== delivery.queue", "false", "queue"],
  ["envelope.ts", "delivery.eta >= eta", "delivery.eta >= 0", "eta"],
  ["envelope.ts", "eta <= now &&", "", "too soon"],
  ["envelope.ts", "if (!isExpires(expires, delivery, now))", "if (false)", "expires"],
  ["envelope.ts", "&& now < expires", "", "expired"],
  ["envelope.ts", "lock[0] !== delivery.lock?.name", "false", "lock"],
  ["envelope.ts", "lock[1] !== delivery.lock.capacity", "false", "capacity"],
  ["envelope.ts", "rate[0] !== (delivery.rate?.key ?? null)", "false", "rate key"],
  ["envelope.ts", "rate[1] !== delivery.rate?.weight", "false", "weight"],
  ["seals.ts", "decipher.setAAD(Buffer.from(boundText(name, bound)));", "", null],
  ["results.ts", "keys.ring.requires && hasValue", "false && hasValue", "unsigned result"],
  ["results.ts", 'state === "SUCCESS" || (payload', "(payload", "no result"],
  ["results.ts", "if (flaw !== null) return flaw;", "", "changed result"],
  [
    "results.ts",
    "own === undefined || !isTold(record.id, own, standsFor)",
    "own === undefined",
    "result of another",
  ],
  ["results.ts", "if (state !== record.state)", "if (false)", "state of a result"],
  ["results.ts", "else if (ring.requires) return UNSIGNED;", "", "unsigned result of form ~"],
  ["sources.ts", "return ring.requires ? UNSIGNED : text;", "return text;", "unsigned join"],
  ["entries.ts", "ring.requires ? UNSIGNED : null", "null", "unsigned entry"],
  ["entries.ts", "[name, owner]", "[owner]", "entry of another name"],
  ["entries.ts", "if (kept !== null) return", "if (kept !== null && false) return", "signed by a pause"],
] as const)("%s without %s, but with %s, lets in: %s", async (file, find, put, wanted) => {
  const code = await codeWith({ file: path.join("signing", file), find, put });
  if (wanted !== null) return expect(attacksThatSucceed(code)).toContain(wanted);
  // Without what binds it nothing opens at all.
  const sealing = code.keysOf(null, encryptionOption(ENCRYPTION), silentLogger);
  expect(typeof sealing.seals!.open(sealing.seals!.seal("x", "here"), "here")).not.toBe("string");
});
