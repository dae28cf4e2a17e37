import { existsSync, readFileSync } from "node:fs";
import { dirname, join, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/*
 * Where meerkat's own sources are, and what the module names of an app mean.
 */

/** What a bundle is for: a board's interpreter, or Node. */
export type Target = "board" | "node";

/** The directory with meerkat's package.json. Throws when this file was moved out of it. */
export const meerkatRoot: string = findRoot(dirname(fileURLToPath(import.meta.url)));

function findRoot(from: string): string {
  for (let dir = from; ; dir = dirname(dir)) {
    const file = join(dir, "package.json");
    if (existsSync(file) && JSON.parse(readFileSync(file, "utf8")).name === "meerkat") return dir;
    if (dir === dirname(dir)) throw new Error(`Cannot find meerkat's package.json above ${from}`);
  }
}

/** Functions that stand in for what the firmware does wrongly or not at all, and for TypeScript's own helpers. */
export const shimsFile: string = join(meerkatRoot, "platform/espruino/shims.ts");

/** The module that tests of programs have; on Node only. */
export const SIMULATOR = "meerkat/sim";

/** What {@link SIMULATOR} is when a test runs: not compiled again into every test. */
export const simulatorUrl: string = pathToFileURL(join(meerkatRoot, "dist/cli/testing/index.js")).href;

/** `meerkat`, `meerkat/platform` and `meerkat/NAME`, in the form of tsconfig's `paths`. */
export function modulePaths(target: Target): Record<string, string[]> {
  const platform = target === "board" ? "espruino" : "node";
  const simulator: Record<string, string[]> = target === "node" ? { [SIMULATOR]: [join(meerkatRoot, "cli/testing/index.ts")] } : {};
  return {
    ...simulator,
    meerkat: [join(meerkatRoot, "src/index.ts")],
    "meerkat/platform": [join(meerkatRoot, "platform", platform, "index.ts")],
    "meerkat/*": [join(meerkatRoot, "src/*/index.ts")],
    tslib: [shimsFile],
  };
}

/** True for meerkat's own sources. */
export function isOwnSource(file: string): boolean {
  return ["src", "platform", "boards"].some((dir) => file.startsWith(join(meerkatRoot, dir) + sep));
}

/** True for meerkat's own sources that run on every platform: src/. */
export function isCoreSource(file: string): boolean {
  return file.startsWith(join(meerkatRoot, "src") + sep);
}

/** True for the code that runs on Espruino only and writes bytes, not text, in its string literals. */
export function isEspruinoSource(file: string): boolean {
  return file.startsWith(join(meerkatRoot, "platform/espruino") + sep);
}
