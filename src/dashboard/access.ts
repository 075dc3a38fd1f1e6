/** Who may do what: roles, and the rights that each route asks for. */

export const ROLES = ["viewer", "operator", "admin"] as const;
export type Role = (typeof ROLES)[number];

/** Each right with the least role that has it. */
export const RIGHTS = {
  read: "viewer",
  retry: "operator",
  revoke: "operator",
  run: "operator",
  trigger: "operator",
  pause: "operator",
  acknowledge: "operator",
  terminate: "admin",
  purge: "admin",
  delete: "admin",
  send: "admin",
  edit: "admin",
  control: "admin",
  break: "admin",
  resign: "admin",
} as const satisfies Record<string, Role>;
export type Right = keyof typeof RIGHTS;

export const RIGHT_NAMES = Object.keys(RIGHTS) as readonly Right[];

/** Who asks, as `resolveAccess` gives it. */
export interface Access {
  /** For the audit. */
  readonly user: string;
  readonly role: Role;
  /** Rights beyond those of the role. */
  readonly can?: readonly Right[] | undefined;
  /** False: arguments of tasks are not shown. Default true. */
  readonly args?: boolean | undefined;
  /** False: results of tasks are not shown. Default true. */
  readonly results?: boolean | undefined;
}

/** `readOnly` beats any role. */
export function may(access: Access, right: Right, readOnly: boolean): boolean {
  if (right === "read") return true;
  if (readOnly) return false;
  return ROLES.indexOf(access.role) >= ROLES.indexOf(RIGHTS[right]) || access.can?.includes(right) === true;
}

export function rightsOf(access: Access, readOnly: boolean): Right[] {
  return RIGHT_NAMES.filter((right) => may(access, right, readOnly));
}
