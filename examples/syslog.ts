// A worker whose log lines go to a syslog server over UDP; here one that is started for the occasion, and prints what comes.
import { spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const server = createSocket("udp4");
await new Promise<void>((resolve) => server.bind(0, "127.0.0.1", resolve));
let heard = 0;
const allHeard = new Promise<void>((resolve) =>
  server.on("message", (message) => {
    // Shown without time, machine, process and how long it took, which differ each time.
    const text = message.toString().replace(/^(<\d+>1) \S+ \S+ (\S+) \d+/, "$1 $2");
    console.log(text.replace(/ in \d+\.\d+s/, ""));
    if (++heard === 5) resolve();
  }),
);

const folder = mkdtempSync(path.join(tmpdir(), "sunbeat-syslog-"));
process.env["SHOP_BROKER"] = `sqlite:${path.join(folder, "shop.db")}`;
process.env["SHOP_SYSLOG_PORT"] = String(server.address().port);

// As `npx sunbeat worker -A examples/syslog/app.ts -n w1@shop` does.
const command = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));
const file = fileURLToPath(new URL("./syslog/app.ts", import.meta.url));
const worker = spawn(process.execPath, [command, "worker", "-A", file, "-n", "w1@shop"], { stdio: "ignore" });

const { app, hello } = await import("./syslog/app.js");
await (await hello.applyAsync([], { taskId: "t1" })).get({ timeout: 30 });
worker.kill("SIGTERM");
await once(worker, "exit");
await allHeard;
await app.close();
server.close();
rmSync(folder, { recursive: true });
// prints:
// <134>1 shop - - w1@shop ready.
// <134>1 shop task-received - Task hello[t1] received
// <132>1 shop - - hello[t1]: nobody is here
// <134>1 shop task-succeeded - Task hello[t1] succeeded
// <134>1 shop - - Warm shutdown (w1@shop)
