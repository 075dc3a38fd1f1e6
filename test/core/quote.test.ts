import { expect, test } from "vitest";
import { quote } from "../../src/core/quote.js";

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

test.each<[string, unknown, string]>([
  // because, value, text
  ["text has its quotes", "a", '"a"'],
  ["control characters cannot break the line", "a\nb", '"a\\nb"'],
  [
    "what is too long says how long it is, without its quotes",
    "x".repeat(100),
    `"${"x".repeat(79)}... (100 characters)`,
  ],
  ["a byte order mark is seen", "\ufeff0 5 * * *", '"\\ufeff0 5 * * *"'],
  ["so are a zero-width space and a joiner", "0\u200b 5\u200d", '"0\\u200b 5\\u200d"'],
  ["a carriage return", "0 5 * * *\r", '"0 5 * * *\\r"'],
  ["a blank that is no space", "0\u00a05\u3000", '"0\\u00a05\\u3000"'],
  ["marks that turn the direction of writing", "a\u202eb\u2066", '"a\\u202eb\\u2066"'],
  [
    "line and paragraph separators, and C1 controls",
    "\u2028\u2029\u009b\u007f",
    '"\\u2028\\u2029\\u009b\\u007f"',
  ],
  ["fillers that have a width and no ink", "\u3164\u2800\ufe0f", '"\\u3164\\u2800\\ufe0f"'],
  ["what takes two units, as escapes that read back", "\u{e0041}", '"\\udb40\\udc41"'],
  ["letters and signs of any script stay", "zażółć 東京 😀", '"zażółć 東京 😀"'],
  ["a name inside an object", { name: "a\u200bb" }, '{"name":"a\\u200bb"}'],
  ["a symbol", Symbol("a\nb"), "Symbol(a\\u000ab)"],
  ["an escape is not cut in two", "x".repeat(78) + "\u200by", `"${"x".repeat(78)}\\u200b... (80 characters)`],
  ["nor a character", "x".repeat(78) + "😀y", `"${"x".repeat(78)}\\ud83d... (81 characters)`],
  ["a Proxy that was revoked cannot even say what it is", revoked(), "object that cannot be read"],
  ["numbers are as they are written", NaN, "NaN"],
  ["so is nothing", undefined, "undefined"],
  ["an object is its JSON", { a: [1] }, '{"a":[1]}'],
  ["a Date that is none says so: its JSON is null", new Date(NaN), "invalid Date"],
  ["a Date is its instant", new Date(0), '"1970-01-01T00:00:00.000Z"'],
  ["a Map has {} as JSON", new Map([[1, 2]]), "a Map"],
  ["so has a Set", new Set([1]), "a Set"],
  ["so has a promise", Promise.resolve(1), "a Promise"],
  ["so has an error", new TypeError("no"), "TypeError: no"],
  ["so has a pattern", /a+/g, "/a+/g"],
  ["the same inside of others", { at: [new Date(NaN), new Map()] }, '{"at":["invalid Date","a Map"]}'],
  ["numbers that JSON makes null", [NaN, -Infinity], '["NaN","-Infinity"]'],
  ["numbers that JSON refuses", { n: 7n }, '{"n":"7n"}'],
  ["one that has none is its kind", { toJSON: () => undefined }, "[object Object]"],
  [
    "one that throws is too",
    {
      toJSON: () => {
        throw new Error("no");
      },
    },
    "[object Object]",
  ],
  [
    "a function is its name, not its source",
    function build() {
      return 1;
    },
    "the function build",
  ],
  [
    "one without a name is just that",
    (
      () => () =>
        1
    )(),
    "a function",
  ],
  ["a class is its name", class Shop {}, "the function Shop"],
  ["a symbol is its description", Symbol("s"), "Symbol(s)"],
])("%s", (_, value, text) => {
  expect(quote(value)).toBe(text);
});

test("text as it is quoted reads back as it was", () => {
  const text = "\ufeff0\u200b 5\u00a0\u2028\u{e0041} \n";
  expect(JSON.parse(quote(text))).toBe(text);
});
