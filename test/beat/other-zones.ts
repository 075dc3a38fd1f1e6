/**
 * A process with other time zone data: the modules once more, over a luxon whose zones keep the offsets of the release. Only plain data,
 * the store and the clock may pass between it and the rest of a test.
 */
import { vi } from "vitest";
import type { Release } from "../support/local-reference.js";

/** The modules that tests name; to be loaded one release after the other. */
export interface ZonedModules {
  readonly harness: typeof import("./harness.js");
  readonly schedules: typeof import("../../src/schedules/index.js");
  readonly basisWalk: typeof import("../../src/beat/basis-walk.js");
  readonly cache: typeof import("../../src/beat/entry-cache.js");
  readonly round: typeof import("../../src/beat/round.js");
  readonly registration: typeof import("../../src/beat/registration.js");
}

export async function modulesWith(release: Release): Promise<ZonedModules> {
  vi.resetModules();
  vi.doMock("luxon", async (original) => {
    const { IANAZone, ...rest } = await original<typeof import("luxon")>();
    const create = (name: string): { offset(at: number): number } => {
      const known = IANAZone.create(name);
      return { offset: (at) => release(name, at) ?? known.offset(at) };
    };
    return { ...rest, IANAZone: { create, isValidZone: (name: string) => IANAZone.isValidZone(name) } };
  });
  try {
    return {
      harness: await import("./harness.js"),
      schedules: await import("../../src/schedules/index.js"),
      basisWalk: await import("../../src/beat/basis-walk.js"),
      cache: await import("../../src/beat/entry-cache.js"),
      round: await import("../../src/beat/round.js"),
      registration: await import("../../src/beat/registration.js"),
    };
  } finally {
    vi.doUnmock("luxon");
  }
}
