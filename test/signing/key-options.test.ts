import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { coreOf } from "../../src/app/index.js";
import { type EncryptionOptions, type SigningOptions, Sunbeat, type SunbeatError } from "../../src/index.js";
import { Seals } from "../../src/signing/seals.js";
import { encryptionOption } from "../../src/config/keys.js";
import { ENCRYPTION, pairOf, secretOf, SIGNING } from "./keys.js";

const SECRET = secretOf("a key that must not be shown");
const SHORT = Buffer.from(SECRET, "base64").subarray(0, 31).toString("base64");
const pair = pairOf();

/** What making an app with these keys says; null: it is made. */
function refusalOf(options: { signing?: unknown; encryption?: unknown }): SunbeatError | null {
  try {
    new Sunbeat("a", { broker: "memory:", ...(options as object) });
    return null;
  } catch (error) {
    return error as SunbeatError;
  }
}

describe("refused", () => {
  test.each<[string, unknown, string]>([
    ["a key in the place of the options", SECRET, "signing: expected an object with keys and current"],
    [
      "a key in the place of the keys",
      { keys: SECRET, current: "k1" },
      "signing.keys: expected an object of keys by their names",
    ],
    [
      "a short key",
      { keys: { k1: SHORT }, current: "k1" },
      "signing.keys.k1: expected base64 of at least 32 bytes, or an Ed25519 private key as PEM; this one has 31 bytes",
    ],
    [
      "no base64",
      { keys: { k1: `${SECRET}!` }, current: "k1" },
      "signing.keys.k1: expected base64 of at least 32 bytes",
    ],
    ["no text", { keys: { k1: Buffer.from(SECRET) }, current: "k1" }, "signing.keys.k1: expected text"],
    [
      "name and key the wrong way round",
      { keys: { [SECRET]: "k1" }, current: "k1" },
      "signing.keys: expected names of",
    ],
    [
      "a key in the place of its name",
      { keys: { k1: SECRET }, current: SECRET },
      "signing.current: expected the name of one of signing.keys (k1)",
    ],
    [
      "no current key",
      { keys: { k1: SECRET } },
      "signing.current: expected the name of one of signing.keys (k1)",
    ],
    ["no key at all", {}, "signing: expected at least one key"],
    [
      "a current key and none to sign with",
      { public: { p1: pair.public }, current: "p1" },
      "signing.current: expected the name of one of signing.keys (it has none)",
    ],
    [
      "a private key among the public ones",
      { public: { p1: pair.private } },
      "signing.public.p1: expected an Ed25519 public key as PEM",
    ],
    [
      "a broken PEM",
      { keys: { p1: pair.private.replace(/MC/, "xx") }, current: "p1" },
      "signing.keys.p1: expected base64 of at least 32 bytes, or an Ed25519",
    ],
    [
      "one name twice",
      { keys: { p1: pair.private }, public: { p1: pair.public }, current: "p1" },
      "signing.public.p1: expected a name that signing.keys does not have",
    ],
    ["an unknown option", { keys: { k1: SECRET }, current: "k1", required: true }, "signing: unknown option"],
    [
      "require that is no boolean",
      { keys: { k1: SECRET }, current: "k1", require: 1 },
      "signing.require: expected true or false",
    ],
  ])("%s", (_, signing, message) => {
    const error = refusalOf({ signing });
    expect(error?.code).toMatch(/^SUNBEAT_OPTION_/);
    expect(error?.message).toContain(message);
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain(SECRET.slice(0, 20));
  });

  test.each<[string, unknown, string]>([
    [
      "a key of 31 bytes",
      { keys: { e1: SHORT }, current: "e1" },
      "encryption.keys.e1: expected base64 of 32 bytes; this one has 31 bytes",
    ],
    [
      "a key of 48 bytes",
      { keys: { e1: SECRET.slice(0, 43) + SECRET.slice(0, 21) }, current: "e1" },
      "encryption.keys.e1: expected base64 of 32 bytes",
    ],
    ["no keys", { current: "e1" }, "encryption.keys: expected an object of keys by their names"],
    [
      "another current",
      { keys: { e1: SECRET }, current: "e2" },
      "encryption.current: expected the name of one of encryption.keys (e1)",
    ],
  ])("of encryption: %s", (_, encryption, message) => {
    const error = refusalOf({ encryption });
    expect(error?.message).toContain(message);
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain(SECRET.slice(0, 20));
  });
});

test("no key is shown by whatever shows an app", () => {
  const signing: SigningOptions = { keys: { k1: SECRET, p1: pair.private }, current: "k1" };
  const encryption: EncryptionOptions = { keys: { e1: SECRET }, current: "e1" };
  const app = new Sunbeat("a", { broker: "memory:", signing, encryption });
  const { config } = coreOf(app);
  const shown = [
    inspect(app, { depth: 20, showHidden: true }),
    inspect(coreOf(app), { depth: 20, showHidden: true, getters: true }),
    inspect(config, { depth: 20, showHidden: true, getters: true }),
    JSON.stringify(config),
    String(config.signing?.keys["k1"]),
  ].join("\n");
  expect(shown).not.toContain(SECRET);
  expect(shown).not.toContain("PRIVATE KEY");
});

describe("a key that seals", () => {
  test("warns at half of what it may, and refuses beyond", () => {
    const warnings: string[] = [];
    const seals = new Seals(
      encryptionOption(ENCRYPTION),
      { warn: (entry) => void warnings.push(String(entry)) },
      10,
    );
    const told = Array.from({ length: 10 }, () => (seals.seal("x", ""), warnings.length));
    expect(told).toEqual([0, 0, 0, 0, 1, 1, 1, 1, 1, 1]);
    expect(warnings[0]).toContain("Encryption key e1 has sealed half of the 10 texts");
    expect(() => seals.seal("x", "")).toThrow("encryption.current: expected a key that is not used up");
  });
});

test("signing needs nothing of encryption, and the other way round", () => {
  expect([refusalOf({ signing: SIGNING }), refusalOf({ encryption: ENCRYPTION })]).toEqual([null, null]);
});
