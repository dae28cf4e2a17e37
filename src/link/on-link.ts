import type { Manager } from "../core/manager.js";

/** Adds to those who are told of the link, whether or not anybody watches it (yet). */
export function onLink(mgr: Manager, changed: (isUp: boolean) => void): void {
  const list = mgr._onLink || (mgr._onLink = []);
  list.push(changed);
}

/** Takes somebody off the list again. */
export function offLink(mgr: Manager, changed: (isUp: boolean) => void): void {
  const list = mgr._onLink || [];
  const at = list.indexOf(changed);
  if (at >= 0) list.splice(at, 1);
}
