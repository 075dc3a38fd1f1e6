// A graph that grows: each page adds the pages that it links to, and the index is made once, when no page is left.
import { chord, Sunbeat, type Task } from "sunbeat";

const app = new Sunbeat("crawl", { broker: "memory:" });
const site: Readonly<Record<string, readonly string[]>> = {
  "/": ["/docs", "/blog"],
  "/docs": ["/docs/api", "/"],
  "/blog": ["/blog/1", "/blog/2", "/docs"],
};
const seen = new Set(["/"]); // of several workers: a table that they share

const crawl: Task<[page: string], string> = app.task("crawl", { bind: true }, (self, page: string) => {
  const links = (site[page] ?? []).filter((link) => !seen.has(link));
  for (const link of links) seen.add(link);
  // They come in with the end of this run: of a run that fails, nothing has been added.
  self.add(...links.map((link) => crawl.s(link)));
  return page;
});
const index = app.task("index", (pages: readonly string[]) => [...pages].sort());

await app.worker({ concurrency: 4 }).start();
const crawling = await chord([crawl.s("/")], index.s()).delay();
console.log(await crawling.get({ timeout: 10 }));
console.log((await crawling.progress()).size, "parts");
await app.close();
// prints:
// [ '/', '/blog', '/blog/1', '/blog/2', '/docs', '/docs/api' ]
// 7 parts
