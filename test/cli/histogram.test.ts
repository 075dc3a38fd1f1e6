/** Columns of a text, and as a picture. */
import { describe, expect, test } from "vitest";
import { bar, columnsOf, histogram, histogramSvg } from "../../src/cli/histogram.js";

const ENDS = ["Mon", "Sun"] as const;

test.each<[reason: string, steps: number[], isUnicode: boolean, lines: string[]]>([
  ["blocks", [0, 1, 4, 8], true, ["8 │   █", "  │ ▂██", "0 └────", "   Mon Sun"]],
  ["a little is seen", [1, 100], true, ["100 │ █", "    │▁█", "  0 └──", "     Mon Sun"]],
  ["without Unicode", [0, 1, 4, 8], false, ["8 |   #", "  | ###", "0 +----", "   Mon Sun"]],
  ["nothing", [0, 0], true, ["0 │", "  │", "0 └──", "   Mon Sun"]],
])("%s", (_, steps, isUnicode, lines) => {
  expect(histogram(steps, { width: 20, height: 2, isUnicode }, ENDS).lines).toEqual(lines);
});

test("no line is longer than its width, and a column is the largest of its steps", () => {
  const steps = Array.from({ length: 10_080 }, (_, step) => (step === 5_000 ? 12_345 : step % 7));
  const { lines, perColumn } = histogram(steps, { width: 80, height: 8, isUnicode: true }, ENDS);
  expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(80);
  expect(perColumn).toBe(139);
  expect(columnsOf(steps, 73).values).toContain(12_345);
});

test.each([
  [0.5, true, "██"],
  [0.001, true, "█"],
  [0, true, ""],
  [1, false, "####"],
])("a bar of %d", (share, isUnicode, text) => expect(bar(share, 4, isUnicode)).toBe(text));

describe("the picture", () => {
  const svg = histogramSvg([1, 0, 3], '<b> "x" & y', ENDS);

  test("has no script, loads nothing, and escapes what stands in it", () => {
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" /);
    expect(svg).not.toMatch(/<script|href|on\w+=|url\(|<b>/);
    expect(svg).toContain("&lt;b&gt; &quot;x&quot; &amp; y");
  });

  test("sets days off, and says which they are", () => {
    const shades = [{ from: 0.25, to: 0.5, text: 'closed: <Epiphany> "DE"' }];
    const shaded = histogramSvg([1, 2], "starts", ENDS, shades);
    expect(shaded).toContain(
      '<rect x="280" y="40" width="220" height="240" fill="#fde68a"><title>closed: &lt;Epiphany&gt; &quot;DE&quot;</title></rect>',
    );
  });

  test("has a bar for each step that has any", () => {
    expect(svg.match(/M[\d.]+ [\d.]+h/g)).toHaveLength(2);
  });
});
