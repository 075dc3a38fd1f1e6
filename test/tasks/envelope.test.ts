import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { quote } from "../../src/core/quote.js";
import {
  decodeBody,
  encodeBody,
  type MessageBody,
  type PartBody,
  resultTtlOf,
} from "../../src/tasks/envelope.js";
import type { Source, Take } from "../../src/tasks/part.js";

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

const leaves: fc.Arbitrary<Source> = fc.oneof(fc.nat(), fc.constantFrom("3/0", "~0123456789abcdef/7"));
const sources: fc.Arbitrary<Source> = fc.letrec<{ source: Source }>((tie) => ({
  source: fc.oneof(
    { maxDepth: 4 },
    leaves,
    fc.tuple(fc.constant("settled" as const), tie("source")),
    fc
      .tuple(
        fc.option(fc.string()),
        fc.array(fc.oneof(tie("source"), fc.constant(["run", 2, 8, 3] as const)), { maxLength: 3 }),
      )
      .map(([key, items]): Source => ["list", key, ...items]),
  ),
})).source;

const parts: fc.Arbitrary<PartBody> = fc.record({
  take: fc
    .array(
      fc.oneof(
        sources,
        fc.constant(["failure"] as const),
        sources.map((source) => ["stream", source] as const),
      ),
    )
    .map((taken) => taken.map((what, at): Take => [at * 2, what])),
  group: fc.option(fc.string()),
  groupIndex: fc.option(fc.nat()),
  stamps: fc.array(fc.string()),
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

  test("decodes to what was encoded, of a part of a graph", () => {
    fc.assert(
      fc.property(bodies, fc.string(), parts, (body, rootId, part) => {
        fc.pre(!JSON.stringify(body).includes("__proto__"));
        const whole = { ...body, rootId, part };
        expect(decodeBody(encodeBody(whole))).toEqual(whole);
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
    const part: PartBody = { take: [[0, ["list", "0", 1, 2]]], group: "1", groupIndex: 3, stamps: ["trace"] };
    expect(encodeBody({ ...full, part })).toBe(
      '{"v":2,"args":[16,"x"],"headers":{"trace":"t"},"parentId":"p","rootId":"r","groupId":"g",' +
        '"scheduledFor":1800000000000,"ignoreResult":true,"resultTtlMs":5,' +
        '"take":[[0,["list","0",1,2]]],"group":"1","groupIndex":3,"stamps":["trace"]}',
    );
  });
});

test("a body of a newer form is told apart, whatever else it has", () => {
  expect(() => decodeBody('{"v":4,"parts":[]}')).toThrow(
    expect.objectContaining({
      code: "SUNBEAT_MESSAGE_NEWER",
      message: "message body: form 4 is newer than 2",
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
    ["{}", "message body: expected form 1 or 2, got undefined"],
    ['{"v":0,"args":[]}', "message body: expected form 1 or 2, got 0"],
    ['{"v":1.5,"args":[]}', "message body: expected form 1 or 2, got 1.5"],
    ['{"v":"2","args":[]}', `message body: expected form 1 or 2, got "2"`],
    ['{"v":1}', "message body: args: expected an array, got undefined"],
    ['{"v":1,"args":{"0":1}}', 'message body: args: expected an array, got {"0":1}'],
    ['{"v":1,"args":[],"header":{}}', 'message body: unknown field "header" (did you mean "headers"?)'],
    ['{"v":1,"args":[],"take":[]}', 'message body: unknown field "take"'],
    [
      '{"v":2,"args":[],"rootId":"g","takes":[]}',
      'message body: unknown field "takes" (did you mean "take"?)',
    ],
    ['{"v":2,"args":[]}', "message body: rootId: expected text, got undefined"],
    ...[
      "0",
      "[0]",
      "[[0]]",
      "[[-1,0]]",
      "[[0,0],[0,1]]",
      "[[1,0],[0,1]]",
      '[[0,""]]',
      '[[0,["lists",null]]]',
      '[[0,["list"]]]',
      '[[0,["list",0]]]',
      '[[0,["list",null,["run",0,3,0]]]]',
      '[[0,["run",0,3,1]]]',
      '[[0,["settled"]]]',
      '[[0,["failure",1]]]',
      '[[0,["stream",["failure"]]]]',
      `[[0,${'["settled",'.repeat(41)}0${"]".repeat(41)}]]`,
    ].map((take): [string, string] => [
      `{"v":2,"args":[],"rootId":"g","take":${take}}`,
      `message body: take: expected a list of [position, source], by position, got ${quote(JSON.parse(take))}`,
    ]),
    [
      '{"v":2,"args":[],"rootId":"g","groupIndex":1.5}',
      "message body: groupIndex: expected a whole number, got 1.5",
    ],
    [
      '{"v":2,"args":[],"rootId":"g","stamps":[1]}',
      "message body: stamps: expected a list of texts, got [1]",
    ],
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
    const texts = fc.oneof(fc.string(), fc.json(), fc.dictionary(fc.string(), fc.jsonValue()).map((o) => JSON.stringify({ v: 1 + (Object.keys(o).length % 2), args: [], ...o }))); // prettier-ignore
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
