#!/usr/bin/env node
/*
 * The command. It is written in TypeScript: what runs is dist/cli/main.js, compiled here when that is missing or older
 * than the sources, so that the command works right after a change and after a bare checkout.
 */

import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));
const main = join(root, "dist/cli/main.js");
const compiler = join(root, "node_modules/typescript/bin/tsc");

/** What the command line consists of; the tests, for one, are not part of it. */
const SOURCES = ["boards", "cli", "platform", "src", "tsconfig.json"];

/** When the newest of a file, or of the TypeScript files in a directory, was changed. */
function newestMs(path) {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  const names = readdirSync(path, { withFileTypes: true }).filter((e) => e.isDirectory() || e.name.endsWith(".ts"));
  return Math.max(0, ...names.map((e) => newestMs(join(path, e.name))));
}

/** When the sources were compiled: the compiler leaves files alone that did not change, but always notes its state. */
function compiledMs() {
  if (!existsSync(main)) return 0;
  const state = join(root, "dist/tsconfig.tsbuildinfo");
  return Math.max(statSync(main).mtimeMs, existsSync(state) ? statSync(state).mtimeMs : 0);
}

/** True when dist is up to date afterwards. Errors elsewhere, in a test that is being written, are none of ours. */
function compile() {
  if (!existsSync(compiler)) {
    console.error(`Cannot compile meerkat: there is no TypeScript in ${root}. Run "npm ci" there first.`);
    return false;
  }
  console.error("Compiling meerkat, because its sources are newer than what was compiled...");
  const began = new Date();
  const args = [compiler, "-p", join(root, "tsconfig.json"), "--pretty", "false"];
  const { status, stdout } = spawnSync(process.execPath, args, { cwd: root, encoding: "utf8" });
  const errors = stdout.split("\n").filter((line) => line.includes("error TS"));
  const isOurs = (line) => SOURCES.some((name) => line.startsWith(name)) || !line.includes("(");
  if (!existsSync(main) || errors.some(isOurs) || (status !== 0 && errors.length === 0)) {
    console.error(`${stdout}Cannot run meerkat: its sources do not compile.`);
    return false;
  }
  utimesSync(main, began, began);
  return true;
}

const newest = Math.max(...SOURCES.map((name) => newestMs(join(root, name))));
if (newest > compiledMs() && !compile()) process.exitCode = 1;
else await import(pathToFileURL(main).href).then((cli) => cli.main(process.argv.slice(2)));
