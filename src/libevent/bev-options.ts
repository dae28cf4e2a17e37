import { BEV_OPT_CLOSE_ON_FREE, BEV_OPT_DEFER_CALLBACKS, BEV_OPT_THREADSAFE, BEV_OPT_UNLOCK_CALLBACKS } from "./constants.js";

const OPTIONS = BEV_OPT_CLOSE_ON_FREE | BEV_OPT_THREADSAFE | BEV_OPT_DEFER_CALLBACKS | BEV_OPT_UNLOCK_CALLBACKS;

/** Whether these options can be had together. TypeError for bits that are no BEV_OPT_ at all. */
export function checkOptions(options: number): boolean {
  if (typeof options !== "number" || options & ~OPTIONS) throw new TypeError("Options of a bufferevent are " + options + ": must be made of BEV_OPT_ bits");
  return !(options & BEV_OPT_UNLOCK_CALLBACKS) || (options & BEV_OPT_DEFER_CALLBACKS) !== 0;
}
