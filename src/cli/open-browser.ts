import { spawn } from "node:child_process";

const PROGRAMS: Partial<Record<NodeJS.Platform, readonly string[]>> = {
  darwin: ["open"],
  win32: ["cmd", "/c", "start", ""],
};

/** In the browser that this machine opens pages with, if it has one. */
export function openBrowser(url: string): void {
  const [program = "xdg-open", ...args] = PROGRAMS[process.platform] ?? [];
  const child = spawn(program, [...args, url], { stdio: "ignore", detached: true });
  child.on("error", () => undefined);
  child.unref();
}
