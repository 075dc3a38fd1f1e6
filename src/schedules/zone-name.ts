import { zone } from "./zone.js";

/** Whether `zone` takes this name. */
export function isZone(name: string): boolean {
  try {
    zone(name);
    return true;
  } catch {
    return false;
  }
}
