import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Around, callAround } from "../../src/signals/index.js";

type Layer = Around<string[]>;
const call = (layers: readonly Layer[], work: () => unknown, log: string[] = []): Promise<unknown> =>
  callAround(layers, log, "app.use for t[1]", work);
const pass: Layer = (_, next) => next();

describe("layers", () => {
  test("the first that was given is outermost", async () => {
    const log: string[] = [];
    const named =
      (name: string): Layer =>
      async (of, next) => {
        of.push(`${name} in`);
        const value = await next();
        of.push(`${name} out`);
        return value;
      };
    expect(await call([named("a"), named("b")], () => void log.push("work"), log)).toBe(undefined);
    expect(log).toEqual(["a in", "b in", "work", "b out", "a out"]);
  });

  test.each<readonly [string, readonly Layer[], unknown, boolean]>([
    ["none", [], 1, true],
    ["one that passes on", [pass], 1, true],
    ["one that gives something else", [async (_, next) => ((await next()) as number) + 1], 2, true],
    ["one that never calls next: its value is the result", [() => 7], 7, false],
    [
      "one that gives nothing on",
      [
        async (_, next) => {
          await next();
        },
      ],
      undefined,
      true,
    ],
    ["one that is not async", [(_, next) => next()], 1, true],
  ])("%s", async (_, layers, wanted, runs) => {
    let ran = false;
    const given = await call(layers, () => {
      ran = true;
      return 1;
    });
    expect([given, ran]).toEqual([wanted, runs]);
  });

  test("what the work throws passes through them, and may be caught and replaced", async () => {
    const fail = (): never => {
      throw new Error("work");
    };
    await expect(call([pass, pass], fail)).rejects.toThrow("work");
    expect(await call([async (_, next) => next().catch(() => "caught")], fail)).toBe("caught");
    await expect(
      call(
        [
          async (_, next) =>
            next().catch(() => {
              throw new Error("other");
            }),
        ],
        fail,
      ),
    ).rejects.toThrow("other");
    await expect(
      call(
        [
          () => {
            throw new Error("early");
          },
        ],
        fail,
      ),
    ).rejects.toThrow("early");
  });
});

describe("next() twice", () => {
  const refused = {
    code: "SUNBEAT_USAGE",
    message: expect.stringContaining("called next() twice") as unknown,
  };
  test.each<readonly [string, Layer]>([
    [
      "awaited",
      async (_, next) => {
        await next();
        return next();
      },
    ],
    ["at once", (_, next) => Promise.all([next(), next()])],
    [
      "and caught",
      async (_, next) => {
        await next();
        await next().catch(() => undefined);
        return 1;
      },
    ],
    [
      "and not looked at",
      async (_, next) => {
        const value = await next();
        void next();
        return value;
      },
    ],
  ])("%s fails with SUNBEAT_USAGE, and the work is done once", async (_, layer) => {
    let runs = 0;
    await expect(call([layer], () => ++runs)).rejects.toMatchObject(refused);
    expect(runs).toBe(1);
  });

  test("or after the layer has ended is refused, and the work is not done", async () => {
    let late: (() => Promise<unknown>) | undefined;
    let runs = 0;
    expect(
      await call(
        [
          (_, next) => {
            late = next;
            return "over";
          },
        ],
        () => ++runs,
      ),
    ).toBe("over");
    await expect(late!()).rejects.toMatchObject({ code: "SUNBEAT_USAGE" });
    expect(runs).toBe(0);
  });
});

test("a layer that does not wait for what it has called is waited for: the work has its slot and its lock", async () => {
  const log: string[] = [];
  let open!: () => void;
  const gate = new Promise<void>((resolve) => (open = resolve));
  const done = call(
    [
      (_, next) => {
        void next();
        return "early";
      },
    ],
    async () => {
      await gate;
      log.push("work");
      throw new Error("nobody looks");
    },
  ).then((value) => log.push(String(value)));
  await new Promise((resolve) => setImmediate(resolve)); // by now it would be over
  expect(log).toEqual([]);
  open();
  await done;
  expect(log).toEqual(["work", "early"]);
});

test("any number of layers that pass on give what the work gives, in nested order", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.boolean(), { maxLength: 30 }), fc.anything(), async (kinds, value) => {
      const log: string[] = [];
      const layers = kinds.map((isAsync, index): Layer =>
        isAsync
          ? async (_, next) => {
              log.push(`${index}`);
              return next();
            }
          : (_, next) => {
              log.push(`${index}`);
              return next();
            },
      );
      // A thenable would be awaited, as by any promise.
      expect([await call(layers, () => ({ value }))]).toEqual([{ value }]);
      expect(log).toEqual(kinds.map((_, index) => `${index}`));
    }),
  );
});
