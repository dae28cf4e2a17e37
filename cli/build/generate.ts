import { mkdir, writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { rollup } from "rollup";
import type { OutputOptions, RollupOptions } from "rollup";
import { thrownByPlugin } from "./problem.js";

/** Runs rollup on a configuration with one output. Throws what a plugin threw. */
export async function generate(config: RollupOptions): Promise<{ code: string; map: string }> {
  try {
    const build = await rollup(config);
    try {
      const { output } = await build.generate(config.output as OutputOptions);
      return { code: output[0].code, map: JSON.stringify(output[0].map) };
    } finally {
      await build.close();
    }
  } catch (error) {
    throw thrownByPlugin(error);
  }
}

/** Writes the code to a file and the map beside it, and makes the directory if need be. */
export async function writeFiles(out: string, { code, map }: { code: string; map: string }): Promise<void> {
  const file = resolve(out);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, code);
  await writeFile(file + ".map", map);
}
