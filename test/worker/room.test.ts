import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { PoolName } from "../../src/tasks/pool-name.js";
import type { Pool } from "../../src/worker/pools/pool.js";
import type { Reservation } from "../../src/worker/reservation.js";
import { type RoomParts, roomOf } from "../../src/worker/room.js";
import { Waiting } from "../../src/worker/waiting.js";

/** A pool as far as what waits looks at it. */
function pool(name: PoolName, size: number, free = size): Pool & { free: number } {
  return { name, size, free } as Pool & { free: number };
}

const reservation = (id: string, fields: Partial<Reservation> = {}): Reservation =>
  ({ id, lock: null, revoked: false, ...fields }) as unknown as Reservation;

const fill = (waiting: Waiting, count: number, of: Pool): void => {
  for (let each = 0; each < count; each++) waiting.push(reservation(`${of.name}${each}`), of);
};

function room(
  all: readonly Pool[],
  waiting: Waiting,
  parts: Partial<RoomParts> = {},
): ReturnType<typeof roomOf> {
  const size = all.reduce((sum, each) => sum + each.size, 0);
  return roomOf({
    pools: { all, size, claimable: ({ free }) => free },
    ...{ waiting, prefetch: 2, queues: ["q", "images"] },
    ...parts,
  });
}

describe("what a claim asks for", () => {
  const IMAGES: RoomParts["poolsOfQueues"] = new Map([
    ["q", new Set<PoolName>(["async"])],
    ["images", new Set<PoolName>(["processes"])],
  ]);
  test.each<[number, number, number, number, RoomParts["poolsOfQueues"], number, readonly string[], string]>([
    // free: async, processes; waiting: async, processes; queues; max, of
    [10, 4, 0, 0, IMAGES, 28, ["q", "images"], "two for each free slot"],
    [10, 0, 0, 0, IMAGES, 20, ["q"], "nothing from a queue whose tasks could not start"],
    [0, 0, 0, 0, IMAGES, 0, [], "all are busy"],
    [10, 0, 0, 20, IMAGES, 8, ["q"], "a backlog takes no room of the others, up to what all slots are worth"],
    [10, 0, 0, 28, IMAGES, 0, ["q"], "more than that is left to other workers"],
    [10, 4, 0, 8, IMAGES, 20, ["q"], "slots that will be taken by what waits"],
    [10, 0, 0, 0, undefined, 20, ["q", "images"], "queues of which nothing is known may have anything"],
    [0, 4, 0, 0, IMAGES, 8, ["images"], "only the other pool is free"],
  ])(
    "%i and %i slots free, %i and %i waiting, %o: %i of %j: %s",
    (freeAsync, freeProcesses, waitAsync, waitProcesses, poolsOfQueues, max, queues) => {
      const [first, second] = [pool("async", 10, freeAsync), pool("processes", 4, freeProcesses)];
      const waiting = new Waiting();
      fill(waiting, waitAsync, first);
      fill(waiting, waitProcesses, second);
      expect(room([first, second], waiting, { poolsOfQueues })).toEqual({ max, queues });
    },
  );

  test("of one pool: all queues, whatever is free", () => {
    const waiting = new Waiting();
    const only = pool("async", 8, 3);
    fill(waiting, 1, only);
    expect(room([only], waiting)).toEqual({ max: 5, queues: ["q", "images"] });
  });

  test("before a worker is open: nothing", () => {
    expect(room([], new Waiting())).toEqual({ max: 0, queues: ["q", "images"] });
  });
});

interface Next {
  readonly reservation: Reservation;
  readonly pool: Pool;
}

function nextOf(waiting: Waiting): Next | null {
  const taken: Next[] = [];
  expect(waiting.next((reservation, pool) => taken.push({ reservation, pool }))).toBe(taken.length === 1);
  return taken[0] ?? null;
}

describe("what waits for a slot", () => {
  test("starts in the order of its coming, in each pool, and no pool waits for another", () => {
    const [full, open] = [pool("processes", 4, 0), pool("async", 10, 10)];
    const waiting = new Waiting();
    fill(waiting, 2, full);
    fill(waiting, 2, open);
    const started = [nextOf(waiting), nextOf(waiting), nextOf(waiting)].map(
      (next) => next && String(Reflect.get(next.reservation, "id")),
    );
    expect([started, waiting.size, waiting.canStart]).toEqual([["async0", "async1", null], 2, false]);
    full.free = 1;
    expect(waiting.canStart).toBe(true);
  });

  test("with room in all pools each has its turn", () => {
    const [one, two] = [pool("processes", 4), pool("async", 10)];
    const waiting = new Waiting();
    fill(waiting, 2, one);
    fill(waiting, 2, two);
    const names = Array.from({ length: 4 }, () => nextOf(waiting)?.pool.name);
    expect(names).toEqual(["processes", "async", "processes", "async"]);
  });

  test("as a model: a list, of which the first that can start is taken from each pool", () => {
    const pools = [pool("async", 1, 1), pool("processes", 1, 1), pool("threads", 1, 0)];
    const step = fc.oneof(
      fc.record({ kind: fc.constant("push" as const), pool: fc.nat(2), revoked: fc.boolean() }),
      fc.constant({ kind: "next" as const }),
      fc.constant({ kind: "revoke" as const }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const waiting = new Waiting();
        let model: { reservation: Reservation; pool: Pool }[] = [];
        steps.forEach((one, index) => {
          if (one.kind === "push") {
            const added = {
              reservation: reservation(`${index}`, { revoked: one.revoked }),
              pool: pools[one.pool]!,
            };
            waiting.push(added.reservation, added.pool);
            model.push(added);
          } else if (one.kind === "next") {
            const next = nextOf(waiting);
            const firsts = pools
              .filter(({ free }) => free > 0)
              .map((each) => model.find((waits) => waits.pool === each));
            if (next === null) expect(firsts.every((first) => first === undefined)).toBe(true);
            else expect(firsts.map((first) => first?.reservation)).toContain(next.reservation);
            model = model.filter(({ reservation: waits }) => waits !== next?.reservation);
          } else {
            const taken = waiting.take(({ revoked }) => revoked);
            expect(taken.every(({ revoked }) => revoked)).toBe(true);
            model = model.filter(({ reservation: { revoked } }) => !revoked);
          }
          expect(waiting.size).toBe(model.length);
          expect(new Set(waiting)).toEqual(new Set(model.map((each) => each.reservation)));
        });
      }),
    );
  });
});
