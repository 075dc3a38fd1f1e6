/** The stream of events over a connection that breaks. */
import net from "node:net";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openBrowser } from "./browser.js";
import { linksIn } from "./links.js";
import { openPage, World } from "./world.js";

let browser: Browser;
let world: World;

beforeAll(async () => {
  browser = await openBrowser();
  world = await World.open({ runs: "worker", prepare: (app) => app.task("echo", (value: unknown) => value) });
});
afterAll(async () => {
  await world?.close();
  await browser?.close();
});

/** A wire to the dashboard that is cut and mended. */
class Wire {
  readonly #sockets = new Set<net.Socket>();
  #isCut = false;
  readonly #server: net.Server;

  constructor(port: number) {
    this.#server = net.createServer((near) => {
      if (this.#isCut) return void near.destroy();
      const far = net.connect(port, "127.0.0.1");
      for (const [socket, other] of [
        [near, far],
        [far, near],
      ] as const) {
        this.#sockets.add(socket);
        socket.on("error", () => other.destroy());
        socket.on("close", () => (this.#sockets.delete(socket), other.destroy()));
        socket.pipe(other);
      }
    });
  }

  async open(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(this.#server.address() as net.AddressInfo).port}`;
  }

  cut(): void {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  mend(): void {
    this.#isCut = false;
  }

  close(): void {
    this.cut();
    this.#server.close();
  }
}

async function run(from: number): Promise<string[]> {
  const ids: string[] = [];
  for (let index = from; index < from + 5; index++) {
    const sent = await world.app.sendTask("echo", [index], { taskId: `task-${index}` });
    await sent.get({ timeout: 60 });
    ids.push(sent.id);
  }
  return ids;
}

test("what happened while the stream was cut comes when it is back: nothing is lost, nothing comes twice", async () => {
  const wire = new Wire(Number(new URL(world.url).port));
  const { page } = await openPage(browser);
  // Somebody else looks, too: events are heard as long as anybody does.
  const other = await openPage(browser);
  await other.page.goto(`${world.url}/events`);
  await other.page.getByRole("button", { name: /^live/ }).waitFor();
  try {
    await page.goto(`${await wire.open()}/events?types=task-succeeded`);
    await page.getByRole("button", { name: /^live/ }).waitFor();
    const before = await run(0);
    const heard = async (): Promise<string[]> =>
      (await linksIn(page, '[aria-label="events"]')).map((address) => address.split("/").at(-1)!);
    await expect.poll(heard, { timeout: 30_000 }).toEqual(before.toReversed());

    wire.cut();
    await page.getByRole("button", { name: /reconnecting|asks each/ }).waitFor();
    const meanwhile = await run(5);
    wire.mend();
    await page.getByRole("button", { name: /^live/ }).waitFor();
    await expect.poll(heard, { timeout: 30_000 }).toEqual([...before, ...meanwhile].reverse());
    await page.getByText("none lost").waitFor();

    const after = await run(10);
    await expect.poll(heard, { timeout: 30_000 }).toEqual([...before, ...meanwhile, ...after].reverse());
  } finally {
    wire.close();
  }
});

test("a pause keeps what is shown, and an export has it line by line", async () => {
  const { page } = await openPage(browser);
  await page.goto(`${world.url}/events?types=task-succeeded`);
  await page.getByRole("button", { name: /^live/ }).waitFor();
  const ids = await run(20);
  const rows = page.getByRole("region", { name: "events" }).locator("tbody tr");
  await expect.poll(() => rows.count(), { timeout: 30_000 }).toBe(5);
  await page.getByRole("button", { name: "Pause" }).click();
  await run(30);
  await page.getByText(/Paused: \d+ came since/).waitFor();
  expect(await rows.count()).toBe(5);
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "Export NDJSON" }).click(),
  ]);
  const stream = await download.createReadStream();
  let text = "";
  for await (const chunk of stream) text += String(chunk);
  const lines = text.trimEnd().split("\n");
  expect(lines.map((line) => (JSON.parse(line) as { readonly id: string }).id)).toEqual(ids);
});
