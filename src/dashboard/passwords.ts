/** Names with hashes of passwords, one a line: `ann:operator:scrypt$16384$8$1$<salt>$<hash>`. */
import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import { invalidOption } from "../core/options.js";
import { type Role, ROLES } from "./access.js";

const COST = { N: 16_384, r: 8, p: 1 } as const;
const BYTES = 32;
const LEAST_CHARACTERS = 12;

export interface User {
  readonly name: string;
  readonly role: Role;
}

interface Known extends User {
  readonly cost: { readonly N: number; readonly r: number; readonly p: number };
  readonly salt: Uint8Array;
  readonly hash: Uint8Array;
}

/** The line for a new password. Throws SUNBEAT_OPTION_INVALID for a name with a colon, or a short password. */
export async function passwordLine(name: string, role: Role, password: string): Promise<string> {
  if (!/^[^:\s][^:\n]{0,99}$/.test(name)) throw invalidOption("passwd: name", "a name without a colon", name);
  if (password.length < LEAST_CHARACTERS) {
    throw invalidOption("passwd: password", `at least ${LEAST_CHARACTERS} characters`, `${password.length}`);
  }
  const salt = randomBytes(16);
  const hash = await derive(password, salt, COST);
  const { N, r, p } = COST;
  return `${name}:${role}:scrypt$${N}$${r}$${p}$${salt.toString("base64")}$${Buffer.from(hash).toString("base64")}`;
}

export class Users {
  readonly #known: ReadonlyMap<string, Known>;

  /** Throws SUNBEAT_OPTION_INVALID with the number of the line that is none. */
  constructor(text: string) {
    const lines = text.split("\n").map((line) => line.trim());
    const users = lines.flatMap((line, index) =>
      line === "" || line.startsWith("#") ? [] : [userOf(line, index)],
    );
    if (users.length === 0) throw invalidOption("users of the dashboard", "at least one line", text.length);
    this.#known = new Map(users.map((user) => [user.name, user]));
  }

  /** Null: no such user, or another password. Both take the same time. */
  async check(name: string, password: string): Promise<User | null> {
    const user = this.#known.get(name);
    const { salt, hash, cost } = user ?? [...this.#known.values()][0]!;
    const given = await derive(password, salt, cost);
    return timingSafeEqual(given, hash) && user !== undefined ? { name: user.name, role: user.role } : null;
  }
}

function userOf(line: string, index: number): Known {
  const [name = "", role = "", kept = ""] = line.split(":");
  const [, N, r, p, salt, hash] =
    /^scrypt\$(\d{1,8})\$(\d{1,3})\$(\d{1,3})\$([\w+/=]{8,})\$([\w+/=]{40,})$/.exec(kept) ?? [];
  const known = ROLES.find((each) => each === role);
  if (name === "" || known === undefined || salt === undefined || hash === undefined) {
    const expected = "name:role:scrypt$... as `sunbeat dashboard passwd` makes it";
    throw invalidOption(`users of the dashboard: line ${index + 1}`, expected, "something else");
  }
  const cost = { N: Number(N), r: Number(r), p: Number(p) };
  return { name, role: known, cost, salt: Buffer.from(salt, "base64"), hash: Buffer.from(hash, "base64") };
}

function derive(password: string, salt: Uint8Array, cost: Known["cost"]): Promise<Uint8Array> {
  const maxmem = 256 * cost.N * cost.r;
  return new Promise((resolve, reject) => {
    scrypt(password, salt, BYTES, { ...cost, maxmem }, (error, key) =>
      error ? reject(error) : resolve(key),
    );
  });
}
