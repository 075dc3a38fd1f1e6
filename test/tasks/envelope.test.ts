import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeBody, encodeBody, type MessageBody, resultTtlOf } from "../../src/tasks/envelope.js";

const bare: MessageBody = {
  args: [],
  headers: {},
  parentId: null,
  rootId: null,
  groupId: null,
  scheduledFor: null,
  ignoreResult: null,
  resultTtlMs: null,
};

const bodies: fc.Arbitrary<MessageBody> = fc.record({
  args: fc.array(fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as unknown)),
  headers: fc.dictionary(fc.string(), fc.string(), { noNullPrototype: true }),
  parentId: fc.option(fc.string()),
  rootId: fc.option(fc.string()),
  groupId: fc.option(fc.string()),
  scheduledFor: fc.option(fc.integer()),
  ignoreResult: fc.option(fc.boolean()),
  resultTtlMs: fc.option(fc.nat()),
});

describe("the body of a message", () => {
  test("decodes to what was encoded", () => {
    fc.assert(
      fc.property(bodies, (body) => {
        fc.pre(!JSON.stringify(body).includes("__proto__"));
        expect(decodeBody(encodeBody(body))).toEqual(body);
      }),
    );
  });

  test("has a written form that other versions rely on", () => {
    const full: MessageBody = {
      args: [16, "x"],
      headers: { trace: "t" },
      parentId: "p",
      rootId: "r",
      groupId: "g",
      scheduledFor: 1_800_000_000_000,
      ignoreResult: true,
      resultTtlMs: 5,
    };
    expect([encodeBody({ ...bare, args: [16, 16] }), encodeBody(full)]).toEqual([
      '{"v":1,"args":[16,16]}',
      '{"v":1,"args":[16,"x"],"headers":{"trace":"t"},"parentId":"p","rootId":"r","groupId":"g",' +
        '"scheduledFor":1800000000000,"ignoreResult":true,"resultTtlMs":5}',
    ]);
  });
});

test("a body of a newer form is told apart, whatever else it has", () => {
  expect(() => decodeBody('{"v":2,"parts":[]}')).toThrow(
    expect.objectContaining({
      code: "SUNBEAT_MESSAGE_NEWER",
      message: "message body: form 2 is newer than 1",
    }),
  );
});

describe("a body that was not written by this version is refused with SUNBEAT_MESSAGE_INVALID", () => {
  test.each<[unknown, string]>([
    // text                                                  message
    [undefined, "message body: expected text, got undefined"],
    ["", 'message body: expected JSON, got ""'],
    ["{", 'message body: expected JSON, got "{"'],
    ["null", "message body: expected an object, got null"],
    ["[]", "message body: expected an object, got []"],
    ["{}", "message body: expected form 1, got undefined"],
    ['{"v":0,"args":[]}', "message body: expected form 1, got 0"],
    ['{"v":1.5,"args":[]}', "message body: expected form 1, got 1.5"],
    ['{"v":"2","args":[]}', `message body: expected form 1, got "2"`],
    ['{"v":1}', "message body: args: expected an array, got undefined"],
    ['{"v":1,"args":{"0":1}}', 'message body: args: expected an array, got {"0":1}'],
    ['{"v":1,"args":[],"header":{}}', 'message body: unknown field "header" (did you mean "headers"?)'],
    ['{"v":1,"args":[],"toString":1}', 'message body: unknown field "toString"'],
    ['{"v":1,"args":[],"__proto__":{"rootId":"x"}}', 'message body: unknown field "__proto__"'],
    ['{"v":1,"args":[],"headers":[]}', "message body: headers: expected an object of texts, got []"],
    [
      '{"v":1,"args":[],"headers":{"a":1}}',
      'message body: headers: expected an object of texts, got {"a":1}',
    ],
    [
      '{"v":1,"args":[],"headers":{"__proto__":"x"}}',
      'message body: headers: expected an object of texts, got {"__proto__":"x"}',
    ],
    ['{"v":1,"args":[],"parentId":null}', "message body: parentId: expected text, got null"],
    [
      '{"v":1,"args":[],"scheduledFor":1.5}',
      "message body: scheduledFor: expected epoch milliseconds, got 1.5",
    ],
    [
      '{"v":1,"args":[],"scheduledFor":1e300}',
      "message body: scheduledFor: expected epoch milliseconds, got 1e+300",
    ],
    ['{"v":1,"args":[],"ignoreResult":0}', "message body: ignoreResult: expected true or false, got 0"],
    ['{"v":1,"args":[],"resultTtlMs":-1}', "message body: resultTtlMs: expected milliseconds, got -1"],
    [
      '{"v":1,"args":[{"__proto__":{"admin":true}}]}',
      "message body: args[0].__proto__: a member of this name is refused, since copying it would change a prototype",
    ],
    [
      `{"v":1,"args":${"[".repeat(5_000)}${"]".repeat(5_000)}}`,
      `message body: args${"[0]".repeat(20)}... is nested deeper than 100 levels; send something flatter`,
    ],
  ])("%s", (text, message) => {
    expect(() => decodeBody(text as string)).toThrow(
      expect.objectContaining({ code: "SUNBEAT_MESSAGE_INVALID", message }) as Error,
    );
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });

  test("whatever the text is, nothing else is thrown", () => {
    const texts = fc.oneof(fc.string(), fc.json(), fc.dictionary(fc.string(), fc.jsonValue()).map((o) => JSON.stringify({ v: 1, args: [], ...o }))); // prettier-ignore
    fc.assert(
      fc.property(texts, (text) => {
        try {
          decodeBody(text);
        } catch (error) {
          expect(error).toMatchObject({ code: "SUNBEAT_MESSAGE_INVALID" });
        }
      }),
      { numRuns: 1_000 },
    );
  });
});

test.each<[Parameters<typeof resultTtlOf>[0], Parameters<typeof resultTtlOf>[1], number, string]>([
  // sender                                       task                                      ttl  because
  [{ ignoreResult: null, resultTtlMs: null }, { ignoreResult: false, resultTtlMs: 7 }, 7, "the task's own"],
  [
    { ignoreResult: null, resultTtlMs: null },
    { ignoreResult: true, resultTtlMs: 7 },
    0,
    "the task ignores it",
  ],
  [
    { ignoreResult: false, resultTtlMs: null },
    { ignoreResult: true, resultTtlMs: 7 },
    7,
    "the sender wants it",
  ],
  [{ ignoreResult: true, resultTtlMs: 9 }, { ignoreResult: false, resultTtlMs: 7 }, 0, "the sender does not"],
  [
    { ignoreResult: null, resultTtlMs: 9 },
    { ignoreResult: false, resultTtlMs: 7 },
    9,
    "the sender says how long",
  ],
])("%o over %o keeps the result %i ms: %s", (body, task, ttl) => {
  expect(resultTtlOf(body, task)).toBe(ttl);
});
