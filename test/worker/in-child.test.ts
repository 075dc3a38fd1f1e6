import { expect, test } from "vitest";
import { markChild } from "../../src/core/in-child.js";
import { Sunbeat } from "../../src/index.js";

test("in a child no worker and no beat starts", async () => {
  const app = new Sunbeat("a", { broker: "memory:" });
  const refused = expect.objectContaining({ code: "SUNBEAT_IN_CHILD" }) as Error;
  markChild();
  await expect(app.worker().start()).rejects.toThrow(refused);
  expect(() => app.beat().start()).toThrow(refused);
  await expect(app.runUntilSignal()).rejects.toThrow(refused);
});
