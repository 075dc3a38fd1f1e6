import { expect, test } from "vitest";
import { isGlob, namePattern, pathPattern } from "../../src/core/glob.js";

test.each<[string, readonly string[], readonly string[], string]>([
  [
    "tasks.add",
    ["tasks.add"],
    ["tasks_add", "tasks.add2", "xtasks.add"],
    "a dot is a dot, and the whole name counts",
  ],
  ["video.*", ["video.", "video.a", "video.a.b"], ["video", "audio.a"], "any text, dots among it"],
  ["*", ["", "a", "a.b\nc"], [], "everything"],
  ["a.?", ["a.b", "a.😀"], ["a.", "a.bc"], "one character, however it is stored"],
  ["{mail,sms}.*", ["mail.a", "sms.a"], ["push.a", "mail,sms.a"], "one of two"],
  ["{a,b{c,d}}.x", ["a.x", "bc.x", "bd.x"], ["b.x", "acd.x"], "one within the other"],
  ["a{b", ["a{b"], ["ab"], "a brace that nothing closes is a brace"],
  ["{a{b}.x", [], ["a.x"], "one of two braces is closed: nothing sensible, and no error"],
  ["a,b}", ["a,b}"], ["a"], "a comma and a brace that nothing opened"],
  ["[ab](c)+^$|\\/", ["[ab](c)+^$|\\/"], ["ac"], "nothing else is special"],
  ["**.x", ["a.b.x", ".x"], ["a.y"], "two stars are one"],
])("the name pattern %j matches %j and not %j: %s", (glob, wanted, others) => {
  const pattern = namePattern(glob);
  expect(wanted.filter((name) => !pattern.test(name))).toEqual([]);
  expect(others.filter((name) => pattern.test(name))).toEqual([]);
});

test.each<[string, readonly string[], readonly string[], string]>([
  ["*.ts", ["a.ts", ".ts"], ["b/a.ts", "a.tsx", "a.js"], "within a folder"],
  ["*/a.ts", ["b/a.ts"], ["a.ts", "b/c/a.ts"], "one folder"],
  ["**/a.ts", ["a.ts", "b/a.ts", "b/c/a.ts"], ["xa.ts"], "any number of folders, none too"],
  ["b/**/a.ts", ["b/a.ts", "b/c/d/a.ts"], ["a.ts", "ba.ts", "bc/a.ts"], "in the middle"],
  ["b/**", ["b/a.ts", "b/c/a.ts"], ["b/", "b", "c/a.ts"], "all below"],
  ["a**.ts", ["ab.ts"], ["a/b.ts"], "two stars in a name are one"],
  ["?.ts", ["a.ts"], ["ab.ts", "/.ts"], "one character"],
  ["*.{ts,js}", ["a.ts", "a.js"], ["a.mts"], "one of two"],
])("the path pattern %j matches %j and not %j: %s", (glob, wanted, others) => {
  const pattern = pathPattern(glob);
  expect(wanted.filter((name) => !pattern.test(name))).toEqual([]);
  expect(others.filter((name) => pattern.test(name))).toEqual([]);
});

test("a text with a wildcard is a pattern", () => {
  expect(["a.b", "[a]", "a}", "a*", "?", "{a"].filter(isGlob)).toEqual(["a*", "?", "{a"]);
});
