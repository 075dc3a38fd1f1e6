/** The pages, as the build has made them: read once, by name. No path of a request reaches the disk. */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { SECURITY } from "./reply.js";
import type { DashboardSettings } from "./options.js";

const FOLDER = fileURLToPath(new URL("./ui/", import.meta.url));
const TYPES: Readonly<Record<string, string>> = {
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  svg: "image/svg+xml",
};

/** A file whose name has the hash of what is in it. */
interface Asset {
  readonly type: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

interface Built {
  readonly assets: ReadonlyMap<string, Asset>;
  /** With `%BASE%` and `%TITLE%` for what varies. */
  readonly html: string;
}

export class Assets {
  readonly #folder: string;
  #built: Built | null = null;

  constructor(folder = FOLDER) {
    this.#folder = folder;
  }

  /** Null: there is none. */
  reply(name: string): Response | null {
    const asset = this.#files.assets.get(name);
    if (asset === undefined) return null;
    const headers = {
      ...{ "content-type": asset.type, "cache-control": "public, max-age=31536000, immutable" },
      ...SECURITY,
    };
    return new Response(asset.bytes, { headers });
  }

  /** Any page: what it shows is decided in the browser. `base`: where the dashboard is, from where this page is. */
  page(base: string, { title }: Pick<DashboardSettings, "title">): Response {
    const html = this.#files.html
      .replace("%BASE%", () => escaped(base))
      .replace("%TITLE%", () => escaped(title));
    const headers = { "content-type": "text/html; charset=utf-8", "cache-control": "no-store", ...SECURITY };
    return new Response(html, { headers });
  }

  /** Read when the first page is asked for. */
  get #files(): Built {
    return (this.#built ??= read(this.#folder));
  }
}

function read(folder: string): Built {
  const names = readdirSync(folder).filter((name) => TYPES[extensionOf(name)] !== undefined);
  const assets = names.map((name): [string, Asset] => [
    name,
    { type: TYPES[extensionOf(name)]!, bytes: new Uint8Array(readFileSync(path.join(folder, name))) },
  ]);
  return { assets: new Map(assets), html: readFileSync(path.join(folder, "index.html"), "utf8") };
}

const extensionOf = (name: string): string => name.slice(name.lastIndexOf(".") + 1);

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
