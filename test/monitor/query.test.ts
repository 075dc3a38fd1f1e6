import { describe, expect, test } from "vitest";
import { parseTaskQuery, percentile, figuresOf } from "../../src/monitor/index.js";

const NOW = Date.UTC(2027, 2, 28, 12);
const parse = (text: string) => parseTaskQuery(text, NOW, "Europe/Paris");

describe("a query for tasks", () => {
  test.each<[string, object, string]>([
    ["", {}, "all"],
    ["task:mail.*", { task: ["mail.*"] }, "a glob"],
    ["task:a,b task:c", { task: ["a", "b", "c"] }, "values of one field are one or the other"],
    ["task:{a,b}.c", { task: ["{a,b}.c"] }, "braces are one glob"],
    ["state:failure,retry", { state: ["failure", "retry"] }, "states"],
    ["state:FAILURE", { state: ["failure"] }, "case does not count"],
    ['entry:"night report" queue:fast', { entry: ["night report"], queue: ["fast"] }, "a quoted value"],
    ["run:>5s", { minRunMs: 5_000 }, "longer than"],
    ["run:5", { minRunMs: 5_000 }, "a bare number is seconds"],
    ["after:2h", { after: NOW - 7_200_000 }, "so long ago"],
    ["before:2027-03-28T03:00", { before: Date.UTC(2027, 2, 28, 1) }, "a time of the zone, on its night"],
    ["after:2027-03-28T03:00Z", { after: Date.UTC(2027, 2, 28, 3) }, "an instant"],
    ['"connection refused"', { text: "connection refused" }, "text in quotation marks"],
    ["connection refused", { text: "connection refused" }, "text without"],
    ['"task:x"', { text: "task:x" }, "what is quoted is no field"],
    ["http://x/y", { text: "http://x/y" }, "a URL is text"],
    [
      "id:0190f2 root:abc worker:w1@*",
      { id: ["0190f2"], root: ["abc"], worker: ["w1@*"] },
      "ids and workers",
    ],
  ])("%s is %j: %s", (text, query) => {
    expect(parse(text)).toEqual(query);
  });

  test.each([
    ["taks:x", /did you mean "task"/, "a field that is none"],
    ["state:failed", /did you mean "failure"/, "a state that is none"],
    ["task:", /value behind task:/, "a field without a value"],
    ['"open', /closing quotation mark/, "a text that does not end"],
    ["run:soon", /length of time/, "a time that is none"],
    ["after:2027-02-30", /instant/, "a day that is not there"],
    ["x".repeat(101), /at most 100/, "a long text"],
    ["x".repeat(2_001), /at most 2000/, "a long query"],
  ])("%s is refused", (text, says) => {
    expect(() => parse(text)).toThrow(says);
  });
});

describe("figures from buckets", () => {
  test.each<[object, number, number | null, string]>([
    [{}, 0.5, null, "nothing was counted"],
    [{ 3: 10 }, 0.5, 8, "the upper bound of its bucket"],
    [{ 0: 50, 5: 50 }, 0.5, 1, "half of them"],
    [{ 0: 50, 5: 50 }, 0.51, 32, "one more"],
    [{ 0: 94, 5: 5, 9: 1 }, 0.95, 32, "most of them"],
  ])("of %j the %d quantile is %d: %s", (buckets, share, value) => {
    expect(percentile(buckets as Record<number, number>, share)).toBe(value);
  });

  test("no quantile is above the longest", () => {
    expect(percentile({ 17: 1 }, 0.5, 70_000)).toBe(70_000);
    expect(percentile({ 5: 1 }, 0.5, 20)).toBe(20);
  });

  test("slots are added by task", () => {
    const slot = {
      task: "a",
      ok: 1,
      failed: 1,
      retried: 0,
      other: 0,
      sumMs: 6,
      maxMs: 4,
      run: { 2: 2 },
      wait: {},
    };
    const points = [1, 2].map((at) => ({ at, tasks: [slot], queues: [] }));
    expect(figuresOf(points)).toMatchObject([{ task: "a", ok: 2, failed: 2, meanMs: 3, run: { p50: 4 } }]);
  });
});
