import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { esp32 } from "../../boards/esp32.js";
import type { Board } from "../../boards/index.js";
import { meerkatRoot } from "../build/layout.js";
import { buildError } from "../build/problem.js";
import { print } from "../console.js";

/** Options of `meerkat init`. */
export interface InitOptions {
  /** Default: the ESP32. */
  board?: Board;
}

/** What a project begins with; capitals such as BOARD_ID in it are filled in. */
const TEMPLATE = join(meerkatRoot, "cli/init/template");
const FILES = ["README.md", "src/main.ts", "src/page.ts", "test/main.test.ts"];

/**
 * `meerkat init`: writes a small project that builds, simulates, tests and flashes. The directory is made when need be.
 * Throws a BuildError, before anything is written, when there is something in it.
 */
export function initApp(dir: string, { board = esp32 }: InitOptions): void {
  checkEmpty(dir);
  const files = filesOf(resolve(dir), board);
  const width = Math.max(...files.map((file) => file.path.length));
  print(`A project for ${board.title} in ${dir}:`);
  for (const { path, text, what } of files) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), text);
    print(`  ${path.padEnd(width)}  ${what}`);
  }
  const go = resolve(dir) === process.cwd() ? [] : [`  cd ${/\s/.test(dir) ? JSON.stringify(dir) : dir}`];
  const steps = ["  npm install", "  npm start     runs it on a virtual board: http://localhost:8080", "  npm test"];
  print(["", "Next:", ...go, ...steps, "README.md there says the rest."].join("\n"));
}

/** Nothing may be overwritten; what a repository begins with may be there. */
function checkEmpty(dir: string): void {
  const stat = statSync(dir, { throwIfNoEntry: false });
  if (stat === undefined) return;
  if (!stat.isDirectory()) throw buildError(`Cannot make a project in ${dir}: it is a file`, []);
  const names = readdirSync(dir).filter((name) => name !== ".git");
  if (names.length === 0) return;
  const some = names.slice(0, 3).join(", ") + (names.length > 3 ? ", ..." : "");
  throw buildError(`Cannot make a project in ${dir}: it is not empty (${some}). Name a new or an empty directory`, []);
}

interface ProjectFile {
  path: string;
  text: string;
  what: string;
}

const WHAT: Record<string, string> = {
  "README.md": "how to go on",
  "src/main.ts": "the program: a page, and its readings as JSON",
  "src/page.ts": "the page",
  "test/main.test.ts": "its tests",
};

function filesOf(dir: string, board: Board): ProjectFile[] {
  const name = packageName(dir);
  const values: Record<string, string> = {
    PROJECT_NAME: name,
    BOARD_ID: board.id,
    BOARD_TITLE: board.title,
    MEERKAT_PATH: slashes(relative(dir, meerkatRoot)),
  };
  const made = FILES.map((path) => ({ path, text: fill(readFileSync(join(TEMPLATE, path), "utf8"), values), what: WHAT[path] }));
  return [
    { path: "package.json", text: json(packageOf(name, values.MEERKAT_PATH, board)), what: "its scripts; depends on meerkat alone" },
    { path: "tsconfig.json", text: json({ extends: "meerkat/tsconfig.app.json", include: ["src", "test"] }), what: "for your editor" },
    { path: ".gitignore", text: "node_modules/\nout/\n", what: "what git leaves alone" },
    ...made,
  ];
}

function fill(text: string, values: Record<string, string>): string {
  return Object.entries(values).reduce((filled, [key, value]) => filled.replaceAll(key, value), text);
}

function json(value: object): string {
  return JSON.stringify(value, undefined, 2) + "\n";
}

function slashes(path: string): string {
  return path.replaceAll("\\", "/");
}

/** The directory's name, as far as npm takes it. */
function packageName(dir: string): string {
  const name = basename(dir).toLowerCase().replace(/[^a-z0-9._-]+/g, "-").replace(/^[._-]+|-+$/g, "");
  return name === "" ? "my-device" : name;
}

function packageOf(name: string, meerkatPath: string, board: Board): object {
  return {
    name,
    version: "0.1.0",
    private: true,
    type: "module",
    scripts: {
      start: `meerkat sim src/main.ts --board ${board.id} -p 8080:80`,
      test: "meerkat test",
      build: `meerkat build src/main.ts --board ${board.id} -o out/main.js`,
      flash: `meerkat flash src/main.ts --board ${board.id}`,
      monitor: `meerkat monitor src/main.ts --board ${board.id}`,
    },
    devDependencies: { meerkat: `file:${meerkatPath}` },
  };
}
