/** Makes a dashboard of options. */
import type { AppCore } from "../app/index.js";
import { packageVersion } from "../core/package-version.js";
import { Assets } from "./assets.js";
import { Dashboard } from "./dashboard.js";
import type { Doors } from "./login.js";
import { type DashboardOptions, resolveDashboard } from "./options.js";
import type { Peer, WebRequest, WebResponse } from "./web.js";

/** `doors`: of a program that listens by itself; null: it is mounted, and the host says who asks. */
export function openDashboard(
  core: AppCore,
  options: DashboardOptions,
  doors: Doors | null,
  hosts: readonly string[] = [],
  assets = new Assets(),
): {
  readonly handle: (request: WebRequest, peer: Peer) => Promise<WebResponse>;
  readonly close: () => void;
} {
  const settings = resolveDashboard(options, { name: core.name, timezone: core.config.timezone });
  const known = settings.allowedHosts;
  const made = new Dashboard({
    ...{ core, settings, doors, assets, version: packageVersion() },
    hosts: doors === null && known === null ? null : [...hosts, ...(known ?? [])],
    secret: settings.secret ?? `${core.random.uuid()}${core.random.uuid()}`,
  });
  return {
    handle: (request, peer) => made.handle(request, peer),
    close: () => made.close(),
  };
}
