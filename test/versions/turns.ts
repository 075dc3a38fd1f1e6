/** Members of two builds on one store: each place of the crew is taken by the one and the other by turns. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { inject } from "vitest";
import { systemClock } from "../../src/core/clock.js";
import type { Random } from "../../src/core/random.js";
import { every } from "../../src/index.js";
import {
  Crew,
  type CrewOptions,
  DIST,
  pause,
  type Victim,
  type VictimOptions,
} from "../support/fault-crew.js";
import type { Expectation } from "../support/invariants.js";
import { ownNamespace } from "../support/redis-harness.js";
import { judgeVersions, type Verdict } from "./judge.js";
import type { Version } from "./log.js";

const PROGRAM = fileURLToPath(new URL("member.mjs", import.meta.url));

/** The places of a crew, by their roles. An editor has entries of its own, named after its place. */
export const PLACES = [
  ...(["beat", "beat", "worker", "worker", "worker"] as const),
  ...(["sender", "sender", "editor", "editor"] as const),
];
export type Role = (typeof PLACES)[number];

interface Place {
  readonly role: Role;
  readonly index: number;
  version: Version;
  member: Victim;
}

export interface MembersOptions {
  /** Builds: the `dist` of each. Default of the new one: the present. */
  readonly old: string;
  readonly new?: string;
  /** Whose app is one deploy ahead: it has a task and an entry more. */
  readonly ahead?: Version;
}

export class Members {
  /** Names of those that were killed. */
  readonly killed = new Set<string>();
  readonly #crew: Crew;
  readonly #options: MembersOptions;

  constructor(crew: Crew, options: MembersOptions) {
    this.#crew = crew;
    this.#options = options;
  }

  start(version: Version, role: Role, slot = 0): Victim {
    return this.#crew.start(`${version}-${role}`, { role, ...this.options(version, slot) });
  }

  /** What a process of a version is started with. */
  options(version: Version, slot = 0): Omit<VictimOptions, "role"> {
    const { old, new: present = DIST, ahead } = this.#options;
    const extras = { version, slot, isAhead: version === ahead };
    return { dist: version === "old" ? old : present, extras };
  }

  /** One at each place, of the versions by turns. */
  async startAll(...versions: readonly Version[]): Promise<Place[]> {
    const places = PLACES.map((role, index): Place => {
      const version = versions[index % versions.length]!;
      return { role, index, version, member: this.start(version, role, index) };
    });
    await Promise.all(places.map(({ member }) => member.printed("ready")));
    return places;
  }

  /** Both versions at once, and place after place from the one to the other. Gives how many changes there were. */
  async takeTurns(random: Random, durationMs: number, leastTurns = 0): Promise<number> {
    const places = await this.startAll("old", "new");
    const end = systemClock.monotonicMs() + durationMs;
    let turns = 0;
    for (; systemClock.monotonicMs() < end || turns < leastTurns; turns++) {
      await this.#swap(places[turns % places.length]!, random);
      await pause(random.next() * 600);
    }
    return turns;
  }

  /** Ends senders and editors, and has the workers go on until each sender has its results. */
  async endSenders(): Promise<void> {
    const asking = this.#crew.victims.filter(({ role }) => role === "sender" || role === "editor");
    await Promise.all(asking.map((member) => member.end()));
  }

  async #swap(place: Place, random: Random): Promise<void> {
    const { role, index, member } = place;
    place.version = place.version === "old" ? "new" : "old";
    const mayDie = (role === "beat" || role === "worker") && random.next() < 0.3;
    // Nobody else edits the entries of this place; of other roles the next one is there before this one goes.
    if (role === "editor") await member.end();
    place.member = this.start(place.version, role, index);
    await place.member.printed("ready");
    if (mayDie) {
      this.killed.add(member.name);
      await member.kill();
    } else await member.end();
  }
}

export interface World {
  readonly crew: Crew;
  readonly members: Members;
  /** To be asked after the drain. */
  readonly judged: () => Promise<Verdict>;
}

export type Kind = "sqlite" | "redis";

/** A store of its own with a crew for `use`, and nothing left of either afterwards. */
export async function withMembers(
  kind: Kind,
  options: MembersOptions & Partial<CrewOptions>,
  use: (world: World) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), "sunbeat-versions-"));
  const broker =
    kind === "sqlite"
      ? `sqlite:${path.join(folder, "store.db")}`
      : `${inject("redisUrl")}/0?namespace=${ownNamespace()}`;
  // Leases so long that no machine loses one which it should keep: what runs twice then is a fault of ours.
  const crew = new Crew({ broker, entries: 10, program: PROGRAM, lease: 8, beatLease: 2, ...options });
  const members = new Members(crew, options);
  try {
    await use({ crew, members, judged: () => judged(crew, members.killed, options.ahead !== undefined) });
  } finally {
    await crew.dispose();
    rmSync(folder, { recursive: true, force: true, maxRetries: 9 });
  }
}

const every1s = (entry: string, offsetMs: number): Expectation => ({
  entry,
  schedule: every("1s", { offset: `${offsetMs}ms` }),
});

/** The entries are those of member.mjs. */
async function judged(crew: Crew, killed: ReadonlySet<string>, isAhead: boolean): Promise<Verdict> {
  const slots = PLACES.flatMap((role, index) => (role === "editor" ? [index] : []));
  const edited = slots.flatMap((slot) =>
    ["paused", "edited"].map((kind) => every1s(`${kind}-${slot}`, slot * 90)),
  );
  return judgeVersions({
    ...{ store: await crew.store(), log: crew.log, killed },
    steady: [...crew.expectations, ...edited, ...(isAhead ? [every1s("newest", 750)] : [])],
    buffering: [every1s("overlapping", 250)],
    deleted: slots.map((slot) => `deleted-${slot}`),
  });
}
