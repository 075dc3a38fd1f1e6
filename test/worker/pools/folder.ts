import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

/** A folder as a user has it, with sunbeat installed, whose files a test may change. */
export class AppFolder {
  readonly folder = mkdtempSync(path.join(os.tmpdir(), "sunbeat-pools-"));

  constructor(atEnd: (fn: () => void) => void) {
    atEnd(() => rmSync(this.folder, { recursive: true, force: true }));
    writeFileSync(path.join(this.folder, "package.json"), '{ "type": "module", "private": true }\n');
    mkdirSync(path.join(this.folder, "node_modules"));
    symlinkSync(ROOT, path.join(this.folder, "node_modules", "sunbeat"), "dir");
  }

  /** Gives its path. */
  write(name: string, text: string): string {
    const file = path.join(this.folder, name);
    writeFileSync(file, text);
    return file;
  }

  /** An app whose task `version` tells which one it is. */
  app(version: number): string {
    return this.write(
      "app.js",
      `import { Sunbeat } from "sunbeat";
export const app = new Sunbeat("pools", { broker: "memory:", logger: null });
app.task("version", () => ${version});
app.task("exit", (code) => process.exit(code));
`,
    );
  }
}
