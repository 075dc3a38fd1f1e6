/** What a browser loads, compressed. */
import { readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";

const FOLDER = new URL("../../dist/dashboard/ui/", import.meta.url);

/** Of all scripts and styles: 90 kB before the forms of calendars. Of those that the first page needs. Both in bytes. */
const [MOST, MOST_FIRST] = [100_000, 45_000] as const;

const files = readdirSync(FOLDER).filter((name) => /\.(js|css)$/.test(name));
const size = (name: string): number => gzipSync(readFileSync(new URL(name, FOLDER)), { level: 9 }).length;

test("all scripts and styles are small", () => {
  expect(files.reduce((sum, name) => sum + size(name), 0)).toBeLessThanOrEqual(MOST);
});

test("the first page needs half of that: the rest comes with the pages that need it", () => {
  const html = readFileSync(new URL("index.html", FOLDER), "utf8");
  const first = new Set(files.filter((name) => html.includes(name)));
  for (const name of first) {
    if (!name.endsWith(".js")) continue;
    const text = readFileSync(new URL(name, FOLDER), "utf8");
    for (const [, found = ""] of text.matchAll(/(?:from|import)\s*"\.\/([\w.-]+)"/g)) first.add(found);
  }
  expect([...first].reduce((sum, name) => sum + size(name), 0)).toBeLessThanOrEqual(MOST_FIRST);
});

test("no request leaves its own origin: no address of another is in them but names of formats", () => {
  const addresses = files.flatMap(
    (name) => readFileSync(new URL(name, FOLDER), "utf8").match(/https?:\/\/[\w.-]+/g) ?? [],
  );
  expect([...new Set(addresses)].filter((address) => address !== "http://www.w3.org")).toEqual([]);
});
