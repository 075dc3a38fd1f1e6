/** A message of a failed task goes from its keeping only when it was sent. */
import { expect, test } from "vitest";
import { redriveFailed } from "../../../src/store/rules/redrive-failed.js";
import { message } from "../../conformance/suite/samples.js";

test("a crash while it is sent again leaves the message where it is kept", async () => {
  const kept = new Map([["a", message("a")]]);
  let isSending = true;
  const sender = {
    enqueue: async () => {
      if (isSending) throw new Error("killed");
      return ["queued" as const];
    },
  };
  const results = { get: async () => [], forget: async () => undefined };
  const failed = {
    find: async (id: string) => kept.get(id) ?? null,
    drop: async (id: string) => kept.delete(id),
  };
  await expect(redriveFailed({ sender, results, failed }, "a")).rejects.toThrow("killed");
  expect([...kept.keys()]).toEqual(["a"]);
  isSending = false;
  expect(await redriveFailed({ sender, results, failed }, "a")).toBe(true);
  expect([...kept.keys()]).toEqual([]);
});
