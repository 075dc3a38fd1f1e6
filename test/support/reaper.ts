/** Ends what a test process has started when that process is gone, also when it was killed and could do nothing itself. */
import { type ChildProcess, spawn } from "node:child_process";

/** Outlives the test process by just so long as it takes to end what it has left behind. */
const REAPER = `
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => {});
  const left = new Map();
  let text = "";
  process.stdin.on("data", (chunk) => {
    text += chunk;
    for (let end = text.indexOf("\\n"); end >= 0; end = text.indexOf("\\n")) {
      const [sign, pid, directory] = text.slice(0, end).split(" ");
      text = text.slice(end + 1);
      if (sign === "+") left.set(pid, directory);
      else left.delete(pid);
    }
  });
  process.stdin.on("end", () => {
    for (const [pid, directory] of left) {
      try { process.kill(Number(pid), "SIGKILL"); } catch {}
      if (directory !== "") require("node:fs").rmSync(directory, { recursive: true, force: true });
    }
  });`;

let reaper: ChildProcess | undefined;

function tell(line: string): void {
  if (!reaper) {
    reaper = spawn(process.execPath, ["-e", REAPER], { stdio: ["pipe", "ignore", "ignore"] });
    reaper.unref();
    // Neither the process nor its pipe keeps this one from ending.
    (reaper.stdin as unknown as { unref(): void }).unref();
    reaper.stdin?.on("error", () => undefined);
  }
  reaper.stdin?.write(`${line}\n`);
}

/** From now until `release`, `child` is killed, and `directory` removed, when this process is gone. */
export function endWithUs(child: ChildProcess, directory = ""): void {
  tell(`+ ${child.pid} ${directory}`);
}

/** It has ended by itself. */
export function release(child: ChildProcess): void {
  tell(`- ${child.pid}`);
}
