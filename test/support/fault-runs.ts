/** The log of faults/app.mjs, and a folder for it. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { EpochMs } from "../../src/core/clock.js";

export interface AppRun {
  readonly id: string;
  readonly entry: string | null;
  readonly due: EpochMs | null;
  /** Process id. */
  readonly by: number;
  /** By that process's clock. */
  readonly at: EpochMs;
  readonly args?: readonly unknown[];
}

export class RunLog {
  readonly #folder = mkdtempSync(path.join(tmpdir(), "sunbeat-runs-"));

  get file(): string {
    return path.join(this.#folder, "log");
  }

  /** In the order in which they began. A line that a kill has cut off is left out. */
  get runs(): AppRun[] {
    if (!existsSync(this.file)) return [];
    const lines = readFileSync(this.file, "utf8").split("\n");
    return lines.filter((line) => line.endsWith("}")).map((line) => JSON.parse(line) as AppRun);
  }

  dispose(): void {
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 9 });
  }
}
