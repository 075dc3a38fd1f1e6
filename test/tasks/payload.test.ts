import vm from "node:vm";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isSunbeatError } from "../../src/core/errors.js";
import { assertPayload, decodeResult, encodePayload, encodeResult } from "../../src/tasks/payload.js";

/** Code and message of what `run` throws. */
function refusal(run: () => unknown): { code: string; message: string } {
  try {
    run();
  } catch (error) {
    if (isSunbeatError(error)) return { code: error.code, message: error.message };
    throw error;
  }
  throw new Error("nothing was refused");
}

class Money {
  constructor(readonly cents: number) {}
}

const cycle: Record<string, unknown> = {};
cycle["self"] = cycle;
const deepArray = (levels: number): unknown => {
  let value: unknown = 1;
  for (let level = 0; level < levels; level++) value = [value];
  return value;
};

describe("what JSON would change without a word is refused with the path of the value", () => {
  test.each<[unknown, string, string]>([
    // args                          message                                                                    because
    [[{ when: new Date(0) }], "args[0].when: a Date would arrive as text; send date.toISOString()", "Date"],
    [[1, new Map()], "args[1]: a Map would arrive as {}; send [...map]", "Map"],
    [[new Set()], "args[0]: a Set would arrive as {}; send [...set]", "Set"],
    [[[NaN]], "args[0][0]: NaN would arrive as null", "not a number"],
    [
      [{ "a b": Infinity }],
      'args[0]["a b"]: Infinity would arrive as null',
      "no JSON form, and a key with a blank",
    ],
    [[-Infinity], "args[0]: -Infinity would arrive as null", "no JSON form"],
    [
      [1n],
      "args[0]: a BigInt has no JSON form; send String(value)",
      "JSON throws a TypeError without a path",
    ],
    [
      [undefined],
      "args[0]: undefined would arrive as null; send null, or leave it out",
      "undefined in an array",
    ],
    [[[1, , 3]], "args[0][1]: undefined would arrive as null; send null, or leave it out", "a hole"],
    [
      [() => 1],
      "args[0]: a function cannot be sent; send data, and name the task that works on it",
      "function",
    ],
    [
      [{ f() {} }],
      "args[0].f: a function cannot be sent; send data, and name the task that works on it",
      "method",
    ],
    [[Symbol("x")], "args[0]: a symbol cannot be sent; send text", "symbol"],
    [
      [{ [Symbol("x")]: 1 }],
      "args[0]: a member named by a symbol would be lost; name it by text",
      "symbol key",
    ],
    [
      [Buffer.from("x")],
      'args[0]: bytes would arrive as an object; send Buffer.from(bytes).toString("base64")',
      "Buffer",
    ],
    [
      [new Float64Array(2)],
      'args[0]: bytes would arrive as an object; send Buffer.from(bytes).toString("base64")',
      "typed array",
    ],
    [
      [new Money(5)],
      'args[0]: an instance of "Money" would arrive as a plain object; send { ...value }',
      "class",
    ],
    [[new URL("http://a/")], "args[0]: a URL would arrive as text; send url.href", "toJSON"],
    [
      [new (class Price { toJSON() { return 5; } })()], // prettier-ignore
      'args[0]: an instance of "Price" would arrive as what its toJSON() gives; send value.toJSON()',
      "toJSON of a class",
    ],
    [[Promise.resolve(1)], "args[0]: a Promise would arrive as {}; await it first", "a forgotten await"],
    [[new Error("x")], "args[0]: an Error would arrive as {}; send error.message", "Error"],
    [[/x/], "args[0]: a RegExp would arrive as {}; send regexp.source", "RegExp"],
    [
      [new Number(5)],
      'args[0]: an instance of "Number" would arrive as a plain object; send { ...value }',
      "boxed",
    ],
    [
      [JSON.parse('{"__proto__": {"admin": true}}')],
      "args[0].__proto__: a member of this name is refused, since copying it would change a prototype",
      "prototype pollution",
    ],
  ])("%o: %s", (args, message) => {
    expect(refusal(() => encodePayload(args, "args"))).toEqual({ code: "SUNBEAT_PAYLOAD_INVALID", message });
  });

  const pair: Record<string, unknown> = { child: { name: "b" } };
  (pair["child"] as Record<string, unknown>)["parent"] = pair;
  const list: unknown[] = [];
  list.push(1, list);
  const far: Record<string, unknown> = {};
  far["next"] = Array.from({ length: 30 }).reduce<object>((inner) => ({ in: inner }), { back: far });

  test.each<[string, unknown, string]>([
    // because                          args                        the first place that closes it, and where to
    ["an object in itself", [1, { tree: [cycle] }], "args[1].tree[0].self is args[1].tree[0] again"],
    ["a child that knows its parent", [pair], "args[0].child.parent is args[0] again"],
    ["a list in itself", [list], "args[0][1] is args[0] again"],
    ["the arguments in themselves", list, "args[1] is args again"],
    ["a circle longer than what is shown", [far], `args[0].next${".in".repeat(18)}... is args[0] again`],
  ])("a cycle is named by the place that closes it: %s", (_, args, where) => {
    expect(refusal(() => encodePayload(args, "args")).message).toBe(
      `${where}, so it has no JSON form; send a tree, or ids instead of links`,
    );
  });

  test.each([
    [101, "one level too deep"],
    [10_000, "deep enough to be slow"],
    [1_000_000, "deep enough to overflow a recursive walk"],
  ])("%i levels of nesting are refused: %s", (levels) => {
    const { code, message } = refusal(() => encodePayload(deepArray(levels), "args"));
    expect(code).toBe("SUNBEAT_PAYLOAD_INVALID");
    expect(message).toMatch(
      /^args(\[0\]){20}\.\.\. is nested deeper than 100 levels; send something flatter$/,
    );
  });

  test("a proxy that throws is refused with what it threw as cause", () => {
    const hostile = new Proxy({}, { ownKeys: () => { throw new RangeError("no"); } }); // prettier-ignore
    try {
      encodePayload([hostile], "args");
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ code: "SUNBEAT_PAYLOAD_INVALID", cause: new RangeError("no") });
    }
  });
});

describe("what arrives as it is may be sent", () => {
  test.each<[unknown, string]>([
    [[], "no arguments"],
    [deepArray(100), "100 levels"],
    [["\ud800", { "\udc00": "\u0000" }], "lone surrogates and control characters are escaped"],
    [[Number.MAX_SAFE_INTEGER, 1e308, 5e-324, 9007199254740993], "every finite number"],
    [[{ constructor: 1, toString: null, hasOwnProperty: [] }], "names of Object.prototype are names"],
    [vm.runInNewContext("[{ a: [1] }]"), "objects of another realm"],
  ])("%o: %s", (value) => {
    expect(JSON.parse(encodePayload(value, "args"))).toEqual(value);
  });

  test("an undefined member is left out, which reads the same", () => {
    expect(encodePayload([{ a: 1, b: undefined }], "args")).toBe('[{"a":1}]');
  });

  test("every JSON value decodes to an equal value", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 8 }), (value) => {
        const withoutMinusZero = JSON.parse(JSON.stringify(value)) as unknown;
        fc.pre(!JSON.stringify(value).includes("__proto__"));
        expect(JSON.parse(encodePayload(value, "args"))).toEqual(withoutMinusZero);
      }),
    );
  });

  test("whatever is accepted arrives equal, and the rest is refused with a code", () => {
    const anything = fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true, withNullPrototype: true, withSparseArray: true, withTypedArray: true, withBoxedValues: true }); // prettier-ignore
    fc.assert(
      fc.property(anything, (value) => {
        let text: string;
        try {
          text = encodePayload(value, "args");
        } catch (error) {
          expect(error).toMatchObject({ code: "SUNBEAT_PAYLOAD_INVALID" });
          return;
        }
        expect(() => assertPayload(JSON.parse(text), "args")).not.toThrow();
        expect(JSON.stringify(JSON.parse(text))).toBe(text);
      }),
      { numRuns: 500 },
    );
  });
});

describe("size", () => {
  test("is counted in bytes of UTF-8, and the limit itself is allowed", () => {
    expect(encodePayload("é".repeat(49), "args", 100)).toHaveLength(51);
    expect(refusal(() => encodePayload("é".repeat(50), "args", 100))).toEqual({
      code: "SUNBEAT_PAYLOAD_TOO_LARGE",
      message: "args is larger than 100 bytes of JSON; keep the data elsewhere and send a reference to it",
    });
  });

  test("of one text alone is told with the place of that text", () => {
    const refused = refusal(() => encodePayload([1, { page: "x".repeat(101) }, "y"], "args", 100));
    expect(refused.message).toMatch(/^args\[1\]\.page is larger than 100 bytes of JSON/);
  });

  test("is refused early for a small graph that is exponentially long as a tree", () => {
    let value: unknown = "x";
    for (let level = 0; level < 60; level++) value = [value, value];
    expect(refusal(() => encodePayload(value, "args")).code).toBe("SUNBEAT_PAYLOAD_TOO_LARGE");
  });

  test("of an array with a million elements is refused before it becomes text", () => {
    const numbers = Array.from({ length: 1_000_000 }, () => 1);
    expect(refusal(() => encodePayload(numbers, "args")).code).toBe("SUNBEAT_PAYLOAD_TOO_LARGE");
  });
});

describe("results", () => {
  test.each<[unknown, string | null]>([
    [undefined, null],
    [null, "null"],
    [[1, "a"], '[1,"a"]'],
  ])("%o is kept as %s and comes back", (value, payload) => {
    expect(encodeResult(value)).toBe(payload);
    expect(decodeResult(payload)).toEqual(value);
  });

  test("a stored text that is not JSON has a code", () => {
    expect(refusal(() => decodeResult("{")).code).toBe("SUNBEAT_MESSAGE_INVALID");
  });
});
