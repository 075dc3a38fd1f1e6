/** Each check of the guard taken out. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";

export interface Mutant {
  readonly file: string;
  readonly find: string;
  readonly put: string;
  readonly because: string;
}

const CHECKS: readonly (readonly [file: string, find: string, put: string, because: string])[] = [
  ["guard.ts", "!schemes.includes(url.protocol)", "false", "any scheme"],
  ["guard.ts", 'url.username !== "" || url.password !== ""', 'url.password !== ""', "a user name"],
  ["guard.ts", 'url.username !== "" || url.password !== ""', 'url.username !== ""', "a password"],
  ["guard.ts", "name === null || !isAllowed(guard.allow, name, port)", "name === null", "any host"],
  ["guard.ts", "if (isIP(host) !== 0) assertPublic", "if (false) assertPublic", "addresses as hosts"],
  ["guard.ts", 'name.startsWith("[") ? name.slice(1, -1) : name', "name", "brackets stay"],
  ["guard.ts", "if (addresses.length === 0) throw", "if (false) throw", "a name without address"],
  ["guard.ts", "if (guard.private) return;", "", "private is not heeded"],
  ["guard.ts", "if (guard.private) return;", "return;", "all addresses pass"],
  [
    "guard.ts",
    "addresses.map(({ address }) => address)",
    "[addresses[0]!.address]",
    "the first address alone",
  ],
  ["hosts.ts", "rule.port === null || rule.port === port", "true", "any port"],
  ["hosts.ts", "name.endsWith(`.${rule.host}`)", "name.endsWith(rule.host)", "no dot before the end"],
  ["hosts.ts", ": name === rule.host", ": name.endsWith(rule.host)", "an end of the name"],
  ["hosts.ts", ": name === rule.host", ": name.startsWith(rule.host)", "a beginning of the name"],
  ["hosts.ts", 'name.startsWith(".") || ', "", "an empty first label"],
  ["hosts.ts", ' || name.includes("..")', "", "an empty label"],
  [
    "hosts.ts",
    'hostname.endsWith(".") ? hostname.slice(0, -1) : hostname',
    "hostname",
    "the dot at the end stays",
  ],
  [
    "addresses.ts",
    'family === 6 && !PUBLIC_6.check(address, type) ? "reserved" : null',
    "null",
    "all of version 6",
  ],
  ["addresses.ts", 'return "not an address"', "return null", "what is no address"],
  ["request.ts", "if (bytes > maxBytes) throw tooLarge();", "", "any size"],
  ["request.ts", 'encoding.toLowerCase() !== "identity"', "false", "packed answers"],
  ["request.ts", "next.url.origin !== target.url.origin", "false", "secrets for every origin"],
  [
    "request.ts",
    "exchange(target, hop, deps, left > 0)",
    "exchange(target, hop, deps, true)",
    "redirects without end",
  ],
  ["request.ts", "    stop.abort(failed(message, true));", "", "no timeout"],
  ["request.ts", 'method = "GET";\n', "", "posted again"],
  [
    "request.ts",
    "headers = without(headers, (name) => OF_BODY.test(name));",
    "",
    "a body is described that is not there",
  ],
  [
    "request.ts",
    "lookup: guardedLookup(guard",
    "lookup: undefined, other: guardedLookup(guard",
    "names are not judged",
  ],
];

/** Those, and each range of addresses. */
export function mutants(): Mutant[] {
  const file = "addresses.ts";
  const text = readFileSync(resolve(import.meta.dirname, "../../src/http", file), "utf8");
  const [refused = ""] = text.split("function listOf");
  const ranges = [...refused.matchAll(/\["[\da-f.:]+", \d+\],?/g)].map(([find]) => find);
  return [
    ...CHECKS.map(([file, find, put, because]) => ({ file, find, put, because })),
    ...ranges.map((find) => ({ file, find, put: "", because: find })),
  ];
}
