import { describe, expect, test } from "vitest";
import { isSecretName } from "../../src/core/credentials.js";
import { noteText, readNote } from "../../src/tasks/note.js";
import { encodeBody, type MessageBody } from "../../src/tasks/envelope.js";
import { bucketOf, Counters } from "../../src/worker/counters.js";
import { argsText, Notes } from "../../src/worker/note.js";
import type { Outcome } from "../../src/worker/outcome.js";
import type { Reservation } from "../../src/worker/reservation.js";

const body = (args: readonly unknown[], changes: Partial<MessageBody> = {}): MessageBody => ({
  ...{ args, headers: {}, parentId: null, rootId: null, groupId: null, scheduledFor: null },
  ...{ ignoreResult: null, resultTtlMs: null, ...changes },
});

const shown = (
  args: readonly unknown[],
  limit = 256,
  headers: Record<string, string> = {},
): string | null => {
  const whole = body(args, { headers });
  return argsText(encodeBody(whole), whole, limit, isSecretName);
};

describe("arguments in a record", () => {
  test.each<[readonly unknown[], string, string]>([
    [[], "[]", "none"],
    [[2, "x", null, [1, [2]]], '[2,"x",null,[1,[2]]]', "lists in lists"],
    [['a"]b', "\\"], '["a\\"]b","\\\\"]', "brackets and quotation marks in texts"],
    [[{ id: 1, name: "x" }], '[{"id":1,"name":"x"}]', "an object"],
    [[{ user: { password: "x", id: 1 } }], '[{"user":{"password":"**","id":1}}]', "a name that hides"],
    [['{"password":"x"}'], '["{\\"password\\":\\"x\\"}"]', "a text is text"],
  ])("%j: %s", (args, text) => {
    expect(shown(args)).toBe(text);
    expect(shown(args, 256, { header: "] }" })).toBe(text);
  });

  test("are cut, and none are kept where none are to be", () => {
    expect(shown(["x".repeat(1_000)], 10)).toBe('["xxxxxxxx');
    expect(shown([1], 0)).toBeNull();
  });

  test("what stands behind the cut hides nothing, and what stands before it is hidden", () => {
    expect(shown([{ password: "secret", rest: "x".repeat(500) }], 40)).not.toContain("secret");
  });
});

const FIELDS = {
  ...{
    task: "t",
    queue: "q",
    state: "success",
    attempt: 1,
    deliveries: 1,
    worker: "w",
    entry: null,
    due: null,
  },
  ...{ waitMs: 0, runMs: 1, reason: null, root: null, error: null, args: "[]" },
};

describe("a note", () => {
  test.each(["a\tb", "a\nb", "a\u001b[31mb", "a\u202eb", "a\u0000b"])(
    "%j becomes one line without tabs",
    (text) => {
      const note = noteText({ ...FIELDS, task: text, queue: text, worker: text, error: text, args: text });
      expect(note.split("\t").length).toBe(14);
      expect(note).not.toMatch(/[\n\r\u0000-\u0008\u000b-\u001f\u202e]/);
    },
  );

  test("reads back as it was", () => {
    expect(readNote(noteText(FIELDS))).toEqual(FIELDS);
    const full = { ...FIELDS, entry: "e", due: 5, reason: "r", root: "id", error: "Error: x", args: '["é"]' };
    expect(readNote(noteText(full))).toEqual(full);
  });

  test("what nobody of us wrote is read all the same", () => {
    expect(readNote("")).toMatchObject({ task: "", args: null, runMs: null });
  });
});

const reservation = (changes: Partial<Reservation> = {}, entry: string | null = null): Reservation => {
  const args = body([1], { rootId: "root", scheduledFor: 7 });
  const delivery = { task: "t", queue: "q", retries: 2, deliveries: 1, entry, body: encodeBody(args) };
  return { delivery, body: args, waitMs: 4, ignoreHistory: false, ...changes } as unknown as Reservation;
};

describe("what a worker tells of an end", () => {
  let now = 0;
  const notes = (successRate = 10, isSealed = false): Notes =>
    new Notes({ args: 256, successRate, isSealed }, { monotonicMs: () => now }, isSecretName, "w");
  const succeeded: Outcome = { kind: "succeeded", value: 1, payload: "1" };
  const failed: Outcome = {
    kind: "failed",
    error: { name: "TypeError", message: "no", stack: null } as never,
  };

  test("a success", () => {
    expect(readNote(notes().of(reservation(), succeeded, 12.4)!)).toEqual({
      ...{
        task: "t",
        queue: "q",
        state: "success",
        attempt: 3,
        deliveries: 1,
        worker: "w",
        entry: null,
        due: 7,
      },
      ...{ waitMs: 4, runMs: 12, reason: null, root: "root", error: null, args: "[1]" },
    });
  });

  test.each<[Outcome, Partial<ReturnType<typeof readNote>>]>([
    [failed, { state: "failure", error: "TypeError: no" }],
    [
      { kind: "dead", reason: "bad", error: { name: "Reject", message: "bad" } as never },
      { state: "rejected", reason: "bad" },
    ],
    [
      { kind: "dead", reason: "unknown", error: { name: "E", message: "x" } as never },
      { state: "dead", reason: "unknown" },
    ],
    [{ kind: "exhausted" }, { state: "dead", reason: "deliveries-exhausted" }],
    [{ kind: "ignored" }, { state: "ignored" }],
    [
      { kind: "skipped", lock: "l" },
      { state: "skipped", reason: "lock l" },
    ],
    [{ kind: "revoked" }, { state: "revoked" }],
    [{ kind: "expired" }, { state: "expired" }],
  ])("%j", (outcome, fields) => {
    expect(readNote(notes().of(reservation(), outcome, 1)!)).toMatchObject(fields);
  });

  test("what has not ended, or the store tells, leaves none", () => {
    const outcomes: Outcome[] = [{ kind: "returned" }, { kind: "abandoned" }, { kind: "rate-limited" }];
    for (const outcome of outcomes) expect(notes().of(reservation(), outcome, 1)).toBeNull();
  });

  test("successes beyond the rate leave none and are counted, and all else leaves one", () => {
    const few = notes(2);
    const count = (outcome: Outcome, entry: string | null = null): number =>
      Array.from({ length: 5 }, () => few.of(reservation({}, entry), outcome, 1)).filter(Boolean).length;
    expect([count(succeeded), count(failed), count(succeeded, "entry")]).toEqual([2, 5, 5]);
    now += 1_000;
    expect(count(succeeded)).toBe(2);
    expect(few.leftOut).toBe(6);
  });

  test("with ignoreHistory failures alone are told", () => {
    const quiet = reservation({ ignoreHistory: true });
    expect(notes().of(quiet, succeeded, 1)).toBeNull();
    expect(notes().of(quiet, failed, 1)).not.toBeNull();
  });

  test("where arguments are secret, messages of errors are", () => {
    expect(readNote(notes(1, true).of(reservation(), failed, 1)!).error).toBe("TypeError");
  });
});

describe("counters", () => {
  test.each([
    [0, 0],
    [1, 0],
    [1.5, 1],
    [2, 1],
    [1_000, 10],
    [65_536, 16],
    [65_537, 17],
    [1e9, 17],
  ])("%d ms fall into bucket %d", (ms, bucket) => {
    expect(bucketOf(ms)).toBe(bucket);
  });

  test("give what was counted, once", () => {
    const counters = new Counters();
    counters.count("a", { kind: "succeeded", value: 1, payload: null }, 3, 0);
    counters.count("a", { kind: "ignored" }, 5.4, 1);
    counters.count("a", { kind: "returned" }, 0, 1);
    expect(counters.take()).toEqual([
      {
        task: "a",
        ok: 1,
        failed: 0,
        retried: 0,
        other: 1,
        sumMs: 8,
        maxMs: 5,
        run: { 2: 1, 3: 1 },
        wait: { 0: 2 },
      },
    ]);
    expect(counters.take()).toEqual([]);
  });
});
