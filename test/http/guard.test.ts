/** Whom the guard lets a request ask. The cases are run against mutants of it, too: test/http/mutants.test.ts. */
import { describe, expect, test } from "vitest";
import { refusalOf } from "../../src/http/addresses.js";
import { targetOf } from "../../src/http/guard.js";
import { hostRule, urlOf } from "../../src/http/hosts.js";
import { resolveHttp } from "../../src/http/options.js";
import { ADDRESSES, HOSTS, SPELLINGS } from "./guard-cases.js";

const codeOf = (act: () => unknown): string => {
  try {
    act();
    return "allowed";
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
};

describe("spellings of inner addresses are refused though their host is allowed", () => {
  test.each(SPELLINGS)("%s: %s", (spelling) => {
    const url = `http://${spelling}/admin`;
    // As the parser reads it, so that nothing but the address can refuse it.
    const allow = [urlOf(url)?.hostname.replace(/\.$/, "") || "example.com"];
    const guard = resolveHttp({ allow, schemes: ["http"] });
    expect(codeOf(() => targetOf(url, guard, "http"))).toBe("SUNBEAT_URL_REFUSED");
  });

  test("there are forty or more", () => expect(SPELLINGS.length).toBeGreaterThanOrEqual(40));

  test("with private they pass, for tests", () => {
    const guard = resolveHttp({ allow: ["127.0.0.1"], schemes: ["http"], private: true });
    expect(targetOf("http://0x7f.1:8080/x", guard, "http")).toMatchObject({ host: "127.0.0.1", port: 8080 });
  });
});

describe("an address", () => {
  test.each(ADDRESSES)("%s is %s: %s", (address, word) => expect(refusalOf(address)).toBe(word));
});

describe("a URL against allow", () => {
  test.each(HOSTS)("%s with allow %s is %s: %s", (url, allow, outcome) => {
    const guard = resolveHttp({ allow: [allow] });
    expect(codeOf(() => targetOf(url, guard, "http"))).toBe(
      outcome === "refused" ? "SUNBEAT_URL_REFUSED" : "allowed",
    );
  });

  test("a refusal shows the host and nothing of path or password", () => {
    const guard = resolveHttp({ allow: ["example.com"] });
    const messages = [
      "https://hooks.example.net/T0/B0/s3cret?key=s3cret",
      "https://me:s3cret@example.com/",
    ].map((url) => {
      try {
        return targetOf(url, guard, "http: the URL");
      } catch (error) {
        return (error as Error).message;
      }
    });
    expect(messages).toEqual([
      'http: the URL ("https://hooks.example.net") was refused: its host is not in the app\'s option http.allow',
      'http: the URL ("https://example.com") was refused: it carries a user name or a password; give an authorization header instead',
    ]);
  });
});

describe("an entry of allow", () => {
  test.each([
    ["api.example.com", { host: "api.example.com", below: false, port: null }],
    ["API.Example.COM.", { host: "api.example.com", below: false, port: null }],
    ["*.partner.net", { host: "partner.net", below: true, port: null }],
    ["bücher.example:8443", { host: "xn--bcher-kva.example", below: false, port: 8443 }],
    ["[::1]", { host: "[::1]", below: false, port: null }],
    ["[0:0::1]:80", { host: "[::1]", below: false, port: 80 }],
    ["127.0.0.1", { host: "127.0.0.1", below: false, port: null }],
  ])("%s is read", (entry, rule) => expect(hostRule(entry, "allow")).toEqual(rule));

  test.each([
    ["", "nothing"],
    ["*", "every host: then there is no guard"],
    ["*.", "every host"],
    ["a.*.example.com", "a wildcard in the middle"],
    ["*.127.0.0.1", "there is no name below an address"],
    ["https://example.com", "a URL"],
    ["example.com/path", "a path"],
    ["user@example.com", "a user"],
    ["example.com:99999", "no port"],
    ["exa mple.com", "a blank"],
    [7, "no text"],
  ] as const)("%s is refused: %s", (entry, _) =>
    expect(codeOf(() => hostRule(entry, "allow"))).toBe("SUNBEAT_OPTION_INVALID"),
  );
});

describe("the option http", () => {
  const secret = `whsec_${Buffer.alloc(24, 1).toString("base64")}`;
  test.each([
    [{ allow: [] }, "SUNBEAT_OPTION_INVALID", "nobody may be asked"],
    [{}, "SUNBEAT_OPTION_INVALID", "the list is needed"],
    [{ allow: ["a.example"], schemes: ["ftp"] }, "SUNBEAT_OPTION_INVALID", "another scheme"],
    [{ allow: ["a.example"], private: "yes" }, "SUNBEAT_OPTION_INVALID", "no boolean"],
    [{ allow: ["a.example"], proxy: "x" }, "SUNBEAT_OPTION_UNKNOWN", "no such option"],
    [{ allow: ["a.example"], secrets: { hooks: "whsec_c2hvcnQ=" } }, "SUNBEAT_OPTION_INVALID", "5 bytes"],
    [{ allow: ["a.example"], secrets: { hooks: [] } }, "SUNBEAT_OPTION_INVALID", "no secret"],
    [{ allow: ["a.example"], secrets: { hooks: [secret, secret.slice(6)] } }, "allowed", "two secrets"],
  ])("%j gives %s: %s", (options, outcome, _) =>
    expect(codeOf(() => resolveHttp(options as never))).toBe(outcome),
  );

  test("a wrong secret is not shown", () => {
    expect(() => resolveHttp({ allow: ["a.example"], secrets: { hooks: "hunter2" } })).toThrow(
      /^(?!.*hunter2).*\[hidden\]/,
    );
  });
});

test("a name with an accent is a name, also after thousands of them", () => {
  const guard = resolveHttp({ allow: ["bücher.example"] });
  for (let n = 0; n < 20_000; n++) targetOf("https://bücher.example/", guard, "http");
});
