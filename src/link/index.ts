export type { LinkStatus, PowerSave } from "../core/port.js";
export { keep, Keeper, type KeepOptions } from "./keep.js";
export { openSettings, Settings, type SettingsOptions } from "./settings.js";
export { LinkWatch, watchLink } from "./watch-link.js";
export { type Credentials, type FallbackOptions, joinWifi, Wifi, type WifiOptions, type WifiState } from "./wifi.js";
