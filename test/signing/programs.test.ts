/** Two programs on one store: one sends, and has a private key; the other works, and has its public key alone. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, describe, expect, inject, test } from "vitest";
import { Sunbeat } from "../../src/index.js";
import { ownNamespace } from "../support/redis-harness.js";
import { pairOf } from "./keys.js";

const folder = mkdtempSync(path.join(tmpdir(), "sunbeat-programs-"));
const pair = pairOf();
const children: ChildProcess[] = [];
const apps: Sunbeat[] = [];

afterEach(async () => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  for (const app of apps.splice(0)) await app.close();
  rmSync(folder, { recursive: true, force: true });
});

describe.each([
  ["sqlite", () => `sqlite:${path.join(folder, "store.db")}`],
  ["redis", () => `${inject("redisUrl")}/0?namespace=${ownNamespace()}`],
])("over %s", (_, brokerOf) => {
  test("the worker runs what the private key has signed, and nothing that anybody else sends, itself among them", async () => {
    const broker = brokerOf();
    const app = new Sunbeat("sender", {
      ...{ broker, logger: null },
      signing: { keys: { p1: pair.private }, current: "p1" },
    });
    const stranger = new Sunbeat("stranger", { broker, logger: null });
    apps.push(app, stranger);
    const sent = await app.sendTask("add", [2, 3]);
    const file = path.resolve(import.meta.dirname, "../fixtures/apps/verifier.js");
    children.push(spawn(process.execPath, [file, broker, pair.public], { stdio: "ignore" }));
    expect(await sent.get({ timeout: 60 })).toBe(5);
    const refused: unknown = expect.objectContaining({ remoteCode: "SUNBEAT_SIGNATURE_INVALID" });
    await expect((await stranger.sendTask("add", [2, 3])).get({ timeout: 60 })).rejects.toEqual(refused);
    const own = await app.sendTask<string>("send");
    const { id } = app.result(await own.get({ timeout: 60 }));
    await expect(app.result(id).get({ timeout: 60 })).rejects.toEqual(refused);
  });
});
