// The documentation says what the source says: tables, names, commands, links, and examples that compile.

import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { esp32 } from "../../boards/esp32.js";
import { boards } from "../../boards/index.js";
import { buildBundle } from "../../cli/build/index.js";
import { meerkatRoot } from "../../cli/build/layout.js";
import { createProgram } from "../../cli/main.js";
import { createNodePlatform } from "../../platform/node/index.js";
import { SIM_CAPS } from "../../platform/sim/index.js";
import type { Capabilities } from "../../src/core/port.js";
import * as http from "../../src/http/index.js";
import * as core from "../../src/index.js";
import * as websocket from "../../src/websocket/index.js";
import { BEHAVIOURS } from "../conformance/behaviours/index.js";

const PAGES = ["README.md", "CHANGELOG.md", ...readdirSync(join(meerkatRoot, "docs")).map((name) => `docs/${name}`)];

function read(file: string): string {
  return readFileSync(join(meerkatRoot, file), "utf8");
}

/** What is between `<!-- name -->` and `<!-- /name -->`. */
function section(file: string, name: string): string {
  const [, , inner] = new RegExp(`(<!-- ${name} -->)([^]*?)<!-- /${name} -->`).exec(read(file)) ?? [];
  assert.ok(inner !== undefined, `${file} has no section between <!-- ${name} --> and <!-- /${name} -->`);
  return inner.trim();
}

/** Writes what is between these marks. */
function replaceSection(file: string, name: string, text: string): void {
  const [from, to] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const [before, rest] = read(file).split(from);
  writeFileSync(join(meerkatRoot, file), `${before}${from}\n\n${text}\n\n${to}${rest.split(to)[1]}`);
}

/** The cells of every row of a table but the first two. */
function cells(table: string): string[][] {
  const rows = table.split("\n").filter((line) => line.startsWith("|"));
  return rows.slice(2).map((row) => row.split(/(?<!\\)\|/).slice(1, -1).map((cell) => cell.trim()));
}

function rowsOf(file: string, name: string): string[][] {
  return cells(section(file, name));
}

function unquote(cell: string): string {
  return cell.replace(/^`(.*)`$/, "$1");
}

/** Every table below the heading, up to the next heading. */
function below(file: string, heading: string): string[][] {
  const [, part] = read(file).split(`\n## ${heading}\n`);
  assert.ok(part !== undefined, `${file} has no heading "${heading}"`);
  return cells(part.split("\n## ")[0]);
}

describe("docs/limits.md", () => {
  it("has every limit with its default and range", () => {
    const wanted = Object.entries(core.LIMITS).map(([name, [normal, min, max]]) => [name, String(normal), `${min}–${max}`]);
    assert.deepEqual(rowsOf("docs/limits.md", "limits").map(([name, normal, range]) => [unquote(name), normal, range]), wanted);
  });

  it("has the unit that the name says, and what each one costs", () => {
    for (const [name, , , unit, what, cost] of rowsOf("docs/limits.md", "limits")) {
      const [, said] = /(Ms|Bytes)`$/.exec(name) ?? [];
      if (said) assert.equal(unit, said === "Ms" ? "ms" : "bytes", name);
      assert.ok(what.length > 10 && cost.length > 10, name);
    }
  });

  it("has the pool and the sizes of every platform and board", () => {
    const row = (title: string, c: Capabilities): string[] => {
      const sizes = [c.pages, c.pageBytes, c.pages * c.pageBytes, c.readMaxBytes, c.writeMaxBytes, c.datagramMaxBytes, c.sockets];
      return [title, ...sizes.map(String)];
    };
    const wanted = [row("Node", createNodePlatform().caps), row("simulator", SIM_CAPS)];
    for (const { title, pool, chunkBytes, sockets } of boards) {
      const sizes = { readMaxBytes: chunkBytes, writeMaxBytes: chunkBytes * 2, datagramMaxBytes: chunkBytes - 8 };
      wanted.push(row(title, { ...SIM_CAPS, ...pool, ...sizes, sockets }));
    }
    assert.deepEqual(rowsOf("docs/limits.md", "platforms"), wanted);
  });

  it("has the sizes that the platform on Espruino makes of a board's chunk", () => {
    const source = read("platform/espruino/index.ts");
    for (const line of ["readMaxBytes: chunkBytes,", "writeMaxBytes: chunkBytes * 2,", "datagramMaxBytes: chunkBytes - 8,"]) {
      assert.ok(source.includes(line), `${line}: correct the test above and docs/limits.md`);
    }
  });

  it("has the fixed numbers as they are in the source", () => {
    const rows = below("docs/limits.md", "Fixed numbers");
    assert.ok(rows.length > 0);
    for (const [name, file, value] of rows) {
      assert.match(read(file), new RegExp(`const ${unquote(name)} = ${value};`), `${name} in ${file}`);
    }
  });
});

describe("docs/errors.md", () => {
  it("has one row for each code, with its constant and its text", () => {
    const codes = Object.entries(core).filter(([name]) => name === "MG_OK" || name.startsWith("MG_ERR_")) as [string, number][];
    const wanted = codes.sort((a, b) => a[1] - b[1]).map(([name, code]) => [String(code), name, core.errorText(code)]);
    const rows = rowsOf("docs/errors.md", "errors");
    assert.deepEqual(rows.map(([code, name, text]) => [code, unquote(name), text]), wanted);
    for (const [code, , , when, what] of rows) assert.ok(when.length > 10 && what.length > 5, code);
  });
});

describe("docs/boards.md", () => {
  it("has the facts of every board", () => {
    const head = "| id | board | variables | stack | sockets | chunk | storage | pool | console | Wi-Fi | Bluetooth | UDP | TLS client | TLS server | firmware |";
    const line = "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | :-: | :-: | :-: | :-: | :-: | --- |";
    const rows = boards.map((b) => {
      const can = (yes: boolean): string => (yes ? "yes" : "no");
      const variables = `${b.variables} x ${b.variableBytes} B`;
      const pool = `${b.pool.pages} x ${b.pool.pageBytes} B`;
      const { wifi, ble, udp, tlsClient, tlsServer } = b.abilities;
      const abilities = [wifi, ble, udp, tlsClient, tlsServer].map(can).join(" | ");
      return `| \`${b.id}\` | ${b.title} | ${variables} | ${b.stackBytes} | ${b.sockets} | ${b.chunkBytes} | ${b.storageBytes} | ${pool} | ${b.serialBaud} | ${abilities} | ${b.source} |`;
    });
    const table = [head, line, ...rows].join("\n");
    if (process.env.UPDATE_DOCS) replaceSection("docs/boards.md", "boards", table);
    assert.equal(section("docs/boards.md", "boards"), table, "With UPDATE_DOCS=1 this test writes the table.");
  });
});

/** Name → value of every exported number that begins with `prefix`. */
function constants(prefix: string): Map<string, number> {
  const all = Object.entries({ ...core, ...http, ...websocket }).filter(([name, value]) => name.startsWith(prefix) && typeof value === "number");
  return new Map(all as [string, number][]);
}

describe("docs/handlers.md", () => {
  it("has every event with its number", () => {
    const rows = rowsOf("docs/handlers.md", "events").map(([name, number]) => [unquote(name), Number(number)]);
    assert.deepEqual(rows, [...constants("MG_EV_")].sort((a, b) => a[1] - b[1]));
  });

  it("has every flag with its value, and who may set it", () => {
    const flags = [...constants("MG_F_")].filter(([name]) => !name.endsWith("_MASK")).sort((a, b) => a[1] - b[1]);
    const wanted = flags.map(([name, bit]) => {
      const isProgram = (bit & core.MG_F_USER_MASK) !== 0;
      const who = [...(isProgram ? ["program"] : []), ...(bit & core.MG_F_PRESET_MASK ? ["preset"] : [])];
      return [name, String(bit), who.join(", ") || "meerkat"];
    });
    assert.deepEqual(rowsOf("docs/handlers.md", "flags").map(([name, bit, who]) => [unquote(name), bit, who]), wanted);
  });
});

/** Blocks of code in that language, with the page and the line they begin at. */
function blocks(language: string): { place: string; text: string }[] {
  return PAGES.flatMap((page) => {
    const text = read(page);
    return [...text.matchAll(new RegExp("^```" + language + "\\n([^]*?)^```$", "gm"))].map((match) => {
      const line = text.slice(0, match.index).split("\n").length + 1;
      return { place: `${page}:${line}`, text: match[1] };
    });
  });
}

describe("programs in the documentation", () => {
  // Pieces of programs are compiled in docs-http.test.ts.
  it("compile, and can go to a board", async () => {
    const dir = mkdtempSync(join(tmpdir(), "meerkat-docs-"));
    const programs = blocks("ts").filter(({ text }) => text.startsWith("import "));
    assert.ok(programs.length >= 6);
    try {
      // All in one bundle; a mistake is reported with the name of the file: page and line.
      const names = programs.map(({ place }) => place.replace(/\W+/g, "-"));
      programs.forEach(({ text }, at) => writeFileSync(join(dir, `${names[at]}.ts`), text));
      writeFileSync(join(dir, "all.ts"), names.map((name) => `import "./${name}.js";\n`).join(""));
      const { warnings } = await buildBundle({ app: join(dir, "all.ts"), board: esp32 });
      assert.deepEqual(warnings, []);
    } finally {
      rmSync(dir, { recursive: true });
    }
  }).timeout(240_000);
});

/** Speaks of a project that `meerkat init` makes: its scripts and files. */
const PROJECT_PAGE = "docs/getting-started.md";

describe("commands in the documentation", () => {
  const lines = PAGES.flatMap((page) => [...read(page).matchAll(/npx meerkat [^`#\n]+/g)].map(([line]) => line.trim()));
  const commands = createProgram().commands;

  it("of meerkat exist, with these options and programs", () => {
    assert.ok(lines.length >= 4);
    for (const line of lines) {
      const [name, ...args] = line.split(/\s+/).slice(2);
      const command = commands.find((one) => one.name() === name);
      assert.ok(command, line);
      const flags = command.options.flatMap((option) => [option.short, option.long]);
      for (const arg of args) {
        if (arg.startsWith("-")) assert.ok(flags.includes(arg), `${line}: no option ${arg}`);
        if (arg.startsWith("examples/")) assert.ok(existsSync(join(meerkatRoot, arg)), `${line}: no ${arg}`);
      }
      const board = args[args.indexOf("--board") + 1];
      if (args.includes("--board")) assert.ok(boards.some((one) => one.id === board), `${line}: no board ${board}`);
    }
  });

  it("of npm are scripts of the package", () => {
    const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
    const text = PAGES.filter((page) => page !== PROJECT_PAGE).map(read).join("\n");
    const used = [...text.matchAll(/npm (?:run )?(\w+)/g)].map(([, name]) => name).filter((name) => name !== "ci");
    for (const name of new Set(used)) assert.ok(name in scripts, `npm run ${name}`);
    for (const name of ["start", "test", "check", "bench", "build", "prepare"]) assert.ok(name in scripts, name);
  });
});

describe(PROJECT_PAGE, () => {
  it("has the scripts that a project of meerkat init has", () => {
    const made = read("cli/init/init-app.ts");
    const used = [...read(PROJECT_PAGE).matchAll(/npm (?:run )?([a-z]+)/g)].map(([, name]) => name);
    const own = ["start", "test", "build", "flash", "monitor"];
    assert.deepEqual(own.filter((name) => !used.includes(name) || !made.includes(`      ${name}: `)), []);
    assert.deepEqual([...new Set(used)].filter((name) => !["ci", "install", ...own].includes(name)), []);
  });
});

describe("pages", () => {
  it("link to files that exist", () => {
    for (const page of PAGES) {
      for (const [, to] of read(page).matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)) {
        if (/^https?:/.test(to)) continue;
        assert.ok(existsSync(join(meerkatRoot, dirname(page), to)), `${page} links to ${to}`);
      }
    }
  });

  it("name files of the repository that exist", () => {
    for (const page of PAGES) {
      for (const [, path] of read(page).matchAll(/`((?:src|platform|boards|cli|test|docs|examples|bench)\/[\w./-]+\.\w+)`/g)) {
        assert.ok(existsSync(join(meerkatRoot, path)), `${page} names ${path}`);
      }
    }
  });

  it("have the changes of this version on top", () => {
    const { version } = JSON.parse(read("package.json")) as { version: string };
    assert.match(read("CHANGELOG.md"), new RegExp(`^# Changelog\\n[^]*?\\n## \\[${version.replaceAll(".", "\\.")}\\]`));
  });

  it("show what the conformance suite printed: every behaviour, no failure, and the sums", () => {
    const rows = rowsOf("docs/conformance.md", "conformance");
    const sums = rows.pop()!;
    assert.deepEqual(rows.map(([title]) => title), BEHAVIOURS.map(({ title }) => title), "run table.js --write");
    assert.deepEqual(rows.flat().filter((cell) => cell === "FAIL" || cell === ""), []);
    assert.deepEqual(sums.slice(1), rowsOf("README.md", "conformance")[0]);
  });
});
