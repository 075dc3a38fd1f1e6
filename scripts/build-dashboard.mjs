// Makes the pages of the dashboard, and puts what serves them into one file, so that nobody installs or builds anything for them.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const out = path.join(root, "dist", "dashboard");
const pages = path.join(out, "ui");
const BUNDLED = ["hono", "@hono/node-server", "preact", "@preact/signals", "@preact/signals-core"];

/** hono and its server, in the place of the file that names them. */
async function bundleVendor() {
  await build({
    ...{ entryPoints: [path.join(root, "src/dashboard/vendor.ts")], outfile: path.join(out, "vendor.js") },
    ...{
      bundle: true,
      minify: true,
      platform: "node",
      format: "esm",
      target: "node20",
      legalComments: "none",
    },
    // One that is CommonJS inside asks for Node's own modules.
    banner: { js: 'import{createRequire}from"node:module";const require=createRequire(import.meta.url);' },
  });
}

async function bundlePages() {
  const { metafile } = await build({
    ...{
      entryPoints: { app: path.join(root, "ui/main.tsx"), style: path.join(root, "ui/style.css") },
      outdir: pages,
    },
    ...{
      bundle: true,
      minify: true,
      splitting: true,
      format: "esm",
      target: ["chrome123", "firefox120", "safari17.5"],
    },
    ...{
      jsx: "automatic",
      jsxImportSource: "preact",
      entryNames: "[name]-[hash]",
      chunkNames: "[name]-[hash]",
    },
    ...{ metafile: true, legalComments: "none", tsconfig: path.join(root, "ui/tsconfig.json") },
  });
  const names = Object.entries(metafile.outputs).map(([file, { entryPoint }]) => [
    path.basename(file),
    entryPoint,
  ]);
  const made = (entry) => names.find(([, from]) => from?.endsWith(entry))[0];
  const icon = readFileSync(path.join(root, "ui/icon.svg"));
  const iconName = `icon-${createHash("sha256").update(icon).digest("hex").slice(0, 8)}.svg`;
  writeFileSync(path.join(pages, iconName), icon);
  const html = readFileSync(path.join(root, "ui/index.html"), "utf8")
    .replace("%ICON%", iconName)
    .replace("%STYLE%", made("style.css"))
    .replace("%SCRIPT%", made("main.tsx"));
  writeFileSync(path.join(pages, "index.html"), html);
}

function writeNotices() {
  const texts = BUNDLED.map((name) => {
    const folder = path.join(root, "node_modules", name);
    const { version, license } = JSON.parse(readFileSync(path.join(folder, "package.json"), "utf8"));
    const file = ["LICENSE", "LICENSE.md", "license"].map((each) => path.join(folder, each)).find(existsSync);
    const text = file === undefined ? license : readFileSync(file, "utf8").trim();
    return `${name} ${version} (${license})\n\n${text}\n`;
  });
  writeFileSync(
    path.join(out, "NOTICES.txt"),
    `Parts of this folder come from:\n\n${texts.join("\n----\n\n")}`,
  );
}

mkdirSync(pages, { recursive: true });
await Promise.all([bundleVendor(), bundlePages()]);
writeNotices();
