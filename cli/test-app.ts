import { spawn } from "node:child_process";
import { existsSync, readdirSync, rmSync, statSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { buildNode } from "./build/index.js";
import { buildError } from "./build/problem.js";
import { complain } from "./console.js";

/** Where the compiled tests are while they run; out/ is in a project's .gitignore. */
const OUT = "out/test";

/**
 * `meerkat test`: compiles the tests (`*.test.ts`) below a directory, types included, and runs them with Node's own test
 * runner. Sets the exit code: 0 all passed, 1 not. Throws a BuildError when one does not compile.
 */
export async function testApp(paths: string[]): Promise<void> {
  const files = (paths.length > 0 ? paths : ["test"]).flatMap(testsIn);
  if (files.length === 0) throw buildError(`There are no tests in ${paths.join(", ") || "test"}: their names end with .test.ts`, []);
  rmSync(OUT, { recursive: true, force: true });
  const built: string[] = [];
  for (const [i, app] of files.entries()) {
    const out = resolve(OUT, `${i}-${basename(app).replace(/\.ts$/, ".mjs")}`);
    const { warnings } = await buildNode({ app, out });
    for (const warning of warnings) complain(warning);
    built.push(out);
  }
  process.exitCode = await run(built);
}

function testsIn(path: string): string[] {
  if (!existsSync(path)) throw buildError(`Cannot find the tests ${path}`, []);
  if (!statSync(path).isDirectory()) return [path];
  const names = readdirSync(path, { recursive: true, encoding: "utf8" });
  return names.filter((name) => name.endsWith(".test.ts")).sort().map((name) => join(path, name));
}

function run(files: string[]): Promise<number> {
  const args = ["--enable-source-maps", "--test", "--test-reporter=spec", ...files];
  const child = spawn(process.execPath, args, { stdio: "inherit" });
  return new Promise((done) => child.on("close", (code) => done(code === 0 ? 0 : 1)));
}
