/**
 * The process of mutants.test.ts: the folder http with one text changed must fail one of the cases below. It prints those that do not.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../../src/core/clock.js";
import type * as addresses from "../../src/http/addresses.js";
import type * as guards from "../../src/http/guard.js";
import { urlOf } from "../../src/http/hosts.js";
import type * as options from "../../src/http/options.js";
import type * as requests from "../../src/http/request.js";
import { MutantCopies } from "../support/mutant-copies.js";
import { ADDRESSES, HOSTS, SPELLINGS } from "./guard-cases.js";
import { type Mutant, mutants } from "./mutants.js";

type Modules = typeof addresses & typeof guards & typeof options & typeof requests;

const folder = mkdtempSync(join(tmpdir(), "sunbeat-http-mutants-"));
const copies = new MutantCopies(folder, ["core", "tasks", "http"]);

async function modulesWith(mutant: Mutant | null): Promise<Modules> {
  const copy = copies.make(mutant && { ...mutant, file: join("http", mutant.file) });
  const names = ["addresses", "guard", "options", "request"];
  const all = await Promise.all(names.map((name) => copy.load<Modules>(`http/${name}.js`)));
  return Object.assign({}, ...all) as Modules;
}

const isRefused = (act: () => unknown): boolean => {
  try {
    act();
    return false;
  } catch (error) {
    return (error as { code?: string }).code === "SUNBEAT_URL_REFUSED";
  }
};

/** Throws for the first case that fails. */
async function judge({
  targetOf,
  guardedLookup,
  refusalOf,
  resolveHttp,
  guardedRequest,
}: Modules): Promise<void> {
  const must = (holds: boolean, what: string): void => {
    if (!holds) throw new Error(what);
  };
  for (const [spelling] of SPELLINGS) {
    const url = `http://${spelling}/`;
    const allow = [urlOf(url)?.hostname.replace(/\.$/, "") || "example.com"];
    must(
      isRefused(() => targetOf(url, resolveHttp({ allow, schemes: ["http"] }), "")),
      spelling,
    );
  }
  for (const [address, word] of ADDRESSES) must(refusalOf(address) === word, address);
  for (const [url, allow, outcome] of HOSTS) {
    const refused = isRefused(() => targetOf(url, resolveHttp({ allow: [allow] }), ""));
    must(refused === (outcome === "refused"), url);
  }
  const strict = resolveHttp({ allow: ["a.example"], schemes: ["http"] });
  const answerOf = (addresses: readonly string[], guard = strict, all = true) =>
    new Promise<unknown>((resolve) => {
      guardedLookup(guard, "", (_, __, done) =>
        done(
          null,
          addresses.map((address) => ({ address, family: 4 })),
        ),
      )("a.example", { all }, (error, address) => resolve(error === null ? address : "refused"));
    });
  must((await answerOf(["8.8.8.8", "127.0.0.1"])) === "refused", "one inner address of two");
  must((await answerOf([])) === "refused", "no address");
  must((await answerOf(["8.8.8.8"], strict, false)) === "8.8.8.8", "a public address");
  must((await answerOf(["127.0.0.1"], { ...strict, private: true }, false)) === "127.0.0.1", "private");
  await requestsAreGuarded(guardedRequest, resolveHttp, must);
}

const PLAIN = {
  ...{ method: "GET", headers: new Map<string, string>(), body: null },
  ...{ redirects: 0, timeoutMs: 300, maxBytes: 1_000 },
};

async function requestsAreGuarded(
  guardedRequest: Modules["guardedRequest"],
  resolveHttp: Modules["resolveHttp"],
  must: (holds: boolean, what: string) => void,
): Promise<void> {
  const seen: { url: string; method: string; headers: Record<string, unknown> }[] = [];
  let other = "";
  const server = createServer(({ url = "", method = "", headers }, response) => {
    seen.push({ url, method, headers });
    if (url === "/large") response.end("x".repeat(100_000));
    else if (url === "/packed") response.writeHead(200, { "content-encoding": "gzip" }).end("x");
    else if (url === "/away") response.writeHead(307, { location: other }).end();
    else if (url === "/see") response.writeHead(303, { location: "/end" }).end();
    else if (url === "/moved") response.writeHead(301, { location: "/end" }).end();
    else if (url === "/inner") response.writeHead(302, { location: "http://b.example/" }).end();
    else if (url === "/loop") response.writeHead(302, { location: "/loop" }).end();
    else if (url === "/slow") response.write("x");
    else response.end("end");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  other = `http://localhost:${port}/end`;
  const options = { allow: ["127.0.0.1", "localhost"], schemes: ["http"], private: true } as const;
  const ask = async (path: string, method = "GET", redirects = 2): Promise<string> => {
    const headers = new Map([
      ["authorization", "s3cret"],
      ["content-type", "text/plain"],
    ]);
    try {
      const { status } = await guardedRequest(
        {
          ...{ url: `http://127.0.0.1:${port}${path}`, method, headers, redirects },
          ...{ body: method === "GET" ? null : Buffer.from("x"), timeoutMs: 300, maxBytes: 1_000 },
        },
        { guard: resolveHttp(options), clock: systemClock },
      );
      return String(status);
    } catch (error) {
      return (error as { code?: string }).code ?? "no code";
    }
  };
  try {
    must((await ask("/large")) === "SUNBEAT_HTTP_FAILED", "more than maxBytes");
    must((await ask("/packed")) === "SUNBEAT_HTTP_FAILED", "a packed answer");
    must((await ask("/inner")) === "SUNBEAT_URL_REFUSED", "a redirect to a host that is not allowed");
    must((await ask("/away", "GET", 0)) === "307", "a redirect that is not to be followed");
    must((await ask("/loop")) === "302", "more redirects than are followed");
    must((await ask("/slow")) === "SUNBEAT_HTTP_FAILED", "an answer without end");
    const inner = guardedRequest(
      { ...PLAIN, url: `http://localhost:${port}/end` },
      { guard: resolveHttp({ ...options, private: false }), clock: systemClock },
    );
    const code = await inner.then(String, (error: { code?: string }) => error.code);
    must(code === "SUNBEAT_URL_REFUSED", "an allowed name with an inner address");
    must((await ask("/away")) === "200", "a redirect");
    must(seen.at(-1)?.headers.authorization === undefined, "a secret for another origin");
    for (const path of ["/see", "/moved"]) {
      must((await ask(path, "POST")) === "200", path);
      must(seen.at(-1)?.method === "GET", `${path} is not posted again`);
      must(seen.at(-1)?.headers["content-type"] === undefined, `${path} describes no body`);
      must(seen.at(-1)?.headers.authorization === "s3cret", `${path} of the same origin`);
    }
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

/** Of a request that never ends. */
function late(): Promise<never> {
  return new Promise((_, reject) => {
    setTimeout(() => reject(new Error("it never ends")), 2_000).unref();
  });
}

const judged: Record<string, string | null> = {};
try {
  await judge(await modulesWith(null));
  for (const mutant of mutants()) {
    let failed: string | null = null;
    try {
      await Promise.race([judge(await modulesWith(mutant)), late()]);
    } catch (error) {
      failed = error instanceof Error ? error.message : String(error);
      if (/has not once/.test(failed)) failed = null;
    }
    judged[`${mutant.file}: ${mutant.because}`] = failed;
  }
} finally {
  rmSync(folder, { recursive: true });
}
// What a mutant has left open is not waited for.
process.stdout.write(JSON.stringify(judged), () => process.exit(0));
