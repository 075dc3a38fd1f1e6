import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { may, RIGHTS, type Right, ROLES, type Role } from "../../src/dashboard/access.js";
import { ROUTES } from "../../src/dashboard/routes/index.js";
import { Desk } from "./desk.js";

/** Of each role, with and without a dashboard that is read-only. */
const desks = new Map<string, Desk>();
const keyOf = (role: Role, readOnly: boolean): string => `${role}${readOnly ? ", read-only" : ""}`;

beforeAll(() => {
  for (const role of ROLES) {
    for (const readOnly of [false, true]) {
      desks.set(keyOf(role, readOnly), new Desk({ resolveAccess: () => ({ user: "u", role }), readOnly }));
    }
  }
});
afterAll(() => Promise.all([...desks.values()].map((desk) => desk.close())));

/** Written by hand: which role each route takes, so that a route with the wrong right is seen. */
const LEAST: Readonly<Record<string, Role>> = {
  "POST /tasks": "admin",
  "POST /tasks/:id/retry": "operator",
  "POST /tasks/:id/run": "operator",
  "POST /tasks/:id/revoke": "operator",
  "POST /tasks/:id/forget": "admin",
  "DELETE /bulk/:id": "operator",
  "POST /nodes/:node/control": "admin",
  "POST /limits/:task": "admin",
  "POST /beat/resign": "admin",
  "POST /dead/:id/edit": "admin",
  "POST /queues/:queue/pause": "operator",
  "POST /queues/:queue/resume": "operator",
  "POST /queues/:queue/purge": "admin",
  "PUT /schedules/:name": "admin",
  "DELETE /schedules/:name": "admin",
  "POST /schedules/:name/pause": "operator",
  "POST /schedules/:name/resume": "operator",
  "POST /schedules/:name/trigger": "operator",
  "POST /schedules/:name/mute": "operator",
  "PUT /calendars/:name": "admin",
  "DELETE /calendars/:name": "admin",
  "POST /locks/:name/break": "admin",
  "POST /graphs/:id/resume": "operator",
  "POST /graphs/:id/revoke": "operator",
  "POST /alerts/:id/ack": "operator",
  "POST /alerts/mute": "operator",
  "POST /alerts/test": "admin",
};
/** They change nothing by themselves; a bulk job asks for the right of its action. */
const HARMLESS = ["POST /bulk", "POST /schedules/preview", "POST /calendars/preview"];

const nameOf = ({ method, path }: { readonly method: string; readonly path: string }): string =>
  `${method} ${path}`;

test("each route that changes something is in the table, and no other", () => {
  const changing = ROUTES.map(nameOf).filter((name) => !name.startsWith("GET ") && !HARMLESS.includes(name));
  expect(changing.sort()).toEqual(Object.keys(LEAST).sort());
});

describe.each(ROUTES.map((route) => [nameOf(route), route] as const))("%s", (name, route) => {
  test.each(ROLES.flatMap((role) => [false, true].map((readOnly) => [role, readOnly] as const)))(
    "as %s, read-only %s",
    async (role, readOnly) => {
      const desk = desks.get(keyOf(role, readOnly))!;
      const path = route.path.replace(/:\w+/g, "x");
      // A field that nobody has: whoever is let in is told that, and nothing is changed.
      const answer = await (route.method === "GET"
        ? desk.ask("GET", path)
        : desk.change(route.method, path, { nobodyHasThis: 1 }));
      const least = LEAST[name] ?? "viewer";
      const isLetIn = least === "viewer" || (!readOnly && ROLES.indexOf(role) >= ROLES.indexOf(least));
      if (isLetIn) expect(answer.status).not.toBe(403);
      else expect(answer).toMatchObject({ status: 403, body: { code: "SUNBEAT_CONTROL_REFUSED" } });
    },
  );
});

describe("may", () => {
  test.each<
    [
      reason: string,
      role: Role,
      can: readonly Right[] | undefined,
      right: Right,
      readOnly: boolean,
      is: boolean,
    ]
  >([
    ["a role has its own rights", "operator", undefined, "retry", false, true],
    ["a role has those of the one below", "admin", undefined, "retry", false, true],
    ["no role has those of the one above", "operator", undefined, "purge", false, false],
    ["a right may be added to a role", "viewer", ["retry"], "retry", false, true],
    ["an added right is no other", "viewer", ["retry"], "run", false, false],
    ["who reads may always read", "viewer", [], "read", true, true],
    ["read-only beats any role", "admin", undefined, "retry", true, false],
    ["read-only beats an added right", "viewer", ["retry"], "retry", true, false],
  ])("%s", (_, role, can, right, readOnly, is) => {
    expect(may({ user: "u", role, can }, right, readOnly)).toBe(is);
  });

  test("every right but reading takes more than a viewer", () => {
    expect(Object.entries(RIGHTS).filter(([, role]) => role === "viewer")).toEqual([["read", "viewer"]]);
  });
});

describe("what a route decides by itself", () => {
  const operator = (): Desk => desks.get("operator")!;

  test.each<[reason: string, path: string, body: object, status: number]>([
    ["to end a running task is more than to revoke it", "/tasks/x/revoke", { terminate: true }, 403],
    ["a bulk job of another right", "/bulk", { action: "terminate", ids: ["x"] }, 403],
    ["a dry run of it changes nothing", "/bulk", { action: "terminate", ids: ["x"], dryRun: true }, 202],
    ["a bulk job of its own right", "/bulk", { action: "retry", ids: ["x"] }, 202],
    ["other arguments are a new task", "/tasks/x/run", { args: [1] }, 403],
    ["to end the running parts of a graph", "/graphs/x/revoke", { terminate: true }, 403],
  ])("%s", async (_, path, body, status) => {
    expect((await operator().change("POST", path, body)).status).toBe(status);
  });
});
