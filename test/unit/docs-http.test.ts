// The code in the documentation compiles: programs, which begin with their imports, and pieces of programs. And the pages on
// HTTP leave nothing out.

import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { meerkatRoot } from "../../cli/build/layout.js";
import * as http from "../../src/http/index.js";
import * as core from "../../src/index.js";
import * as libevent from "../../src/libevent/index.js";

const PAGES = ["README.md", ...readdirSync(join(meerkatRoot, "docs")).map((name) => `docs/${name}`)];
const HTTP_PAGES = PAGES.filter((name) => /^docs\/http.*\.md$/.test(name));
const WEBSOCKET = new URL("../../src/websocket/index.js", import.meta.url);

function read(page: string): string {
  return readFileSync(join(meerkatRoot, page), "utf8");
}

/** A name that a piece of a program does not use is no mistake in it: it gets all of them. */
const UNUSED = [6133, 6192, 6196, 6198];

/** What stands before a piece of a program. The handler's `data` has the type that follows from `ev`. */
async function before(): Promise<string> {
  const websocket = existsSync(WEBSOCKET) ? ((await import(WEBSOCKET.href)) as object) : {};
  return [
    `import { ${Object.keys(core).join(", ")}, type EventHandler } from "meerkat";`,
    `import { ${Object.keys(http).join(", ")} } from "meerkat/http";`,
    `import { ${Object.keys(websocket).join(", ")} } from "${existsSync(WEBSOCKET) ? "meerkat/websocket" : "meerkat"}";`,
    `import { ${Object.keys(libevent).join(", ")}, type BevFilterCb } from "meerkat/libevent";`,
    "declare const mgr: Manager, listener: Connection, hm: HttpMessage, handler: EventHandler;",
    "declare const base: EventBase, bev: BufferEvent;",
    "declare const sensor: { read(tell: (celsius: number) => void): void };",
    "export const piece: EventHandler = (nc, ev, data) => {",
  ].join(" ");
}

/** Names of files that are not on the disk → their text. The line of a mistake is the line in the page. */
function programs(beforePiece: string): Map<string, string> {
  const out = new Map<string, string>();
  for (const page of PAGES) {
    const text = read(page);
    for (const { 1: code, index } of text.matchAll(/^```ts\n([^]*?)^```$/gm)) {
      const line = text.slice(0, index).split("\n").length;
      const isWhole = code.startsWith("import ");
      const name = join(meerkatRoot, `${page}.${line}${isWhole ? "" : ".piece"}.ts`);
      out.set(name, "\n".repeat(line - 1) + (isWhole ? `\n${code}export {};\n` : `${beforePiece}\n${code}};\n`));
    }
  }
  return out;
}

/** The compiler with the options of the repository, and files that are only in memory. */
function compile(files: Map<string, string>): ts.Program {
  const { config } = ts.readConfigFile(join(meerkatRoot, "tsconfig.json"), (file) => ts.sys.readFile(file)) as { config: object };
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: ["src/index.ts"] }, ts.sys, meerkatRoot);
  const all = { ...options, noEmit: true, incremental: false, tsBuildInfoFile: undefined };
  const host = ts.createCompilerHost(all);
  const { fileExists, readFile, getSourceFile } = host;
  host.fileExists = (name) => files.has(name) || fileExists(name);
  host.readFile = (name) => files.get(name) ?? readFile(name);
  host.getSourceFile = (name, version, ...rest) => {
    const text = files.get(name);
    return text === undefined ? getSourceFile(name, version, ...rest) : ts.createSourceFile(name, text, version, true);
  };
  return ts.createProgram([...files.keys()], all, host);
}

/** "page.line…:line: what is wrong", for everything that the compiler says of these files. */
function mistakes(files: Map<string, string>): string[] {
  const program = compile(files);
  return [...files.keys()].flatMap((name) => {
    const file = program.getSourceFile(name);
    assert.ok(file, name);
    return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)]
      .filter(({ code }) => !(name.endsWith(".piece.ts") && UNUSED.includes(code)))
      .map(({ start = 0, messageText }) => {
        const { line } = file.getLineAndCharacterOfPosition(start);
        return `${name.slice(meerkatRoot.length + 1)}:${line + 1}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`;
      });
  });
}

describe("code in the documentation", () => {
  it("compiles", async () => {
    const files = programs(await before());
    assert.ok(files.size > 30, `${files.size} blocks`);
    assert.deepEqual(mistakes(files), []);
  }).timeout(120_000);

  it("is found out when it names what is not there, or hands over the wrong thing", async () => {
    const wrong = `${await before()}\nif (ev === MG_EV_HTTP_REQUEST) httpReply(nc, data, "", nothing);\n};\n`;
    const found = mistakes(new Map([[join(meerkatRoot, "docs", "wrong.md.1.piece.ts"), wrong]])).join("\n");
    assert.match(found, /^docs\/wrong.md.1.piece.ts:2: .*not assignable to parameter of type 'number'\.\n.*:2: Cannot find name 'nothing'\.$/);
  }).timeout(120_000);
});

describe("docs/http*.md", () => {
  it("names every function and class of meerkat/http, here or where it is told from Mongoose", () => {
    const text = [...HTTP_PAGES, "docs/from-mongoose.md"].map(read).join("\n");
    const names = Object.entries(http).filter(([, value]) => typeof value === "function").map(([name]) => name);
    assert.ok(names.length > 60);
    assert.deepEqual(names.filter((name) => !new RegExp(`\\b${name}\\b`).test(text)), []);
  });

  it("names every option", () => {
    const text = HTTP_PAGES.map(read).join("\n");
    const files = readdirSync(join(meerkatRoot, "src/http"));
    const source = files.map((name) => readFileSync(join(meerkatRoot, "src/http", name), "utf8")).join("\n");
    const owners = [...source.matchAll(/^export interface (\w*Options|HttpRequest|HttpClientLimits|SseMessage)\b[^{]*\{([^]*?)^\}/gm)];
    assert.ok(owners.length >= 13, `${owners.length} interfaces`);
    for (const [, owner, body] of owners) {
      for (const [, name] of body.matchAll(/^ {2}(\w+)\??[:(]/gm)) assert.match(text, new RegExp(`\\b${name}\\b`), `${owner}.${name}`);
    }
  });
});

describe("links in the documentation", () => {
  it("lead to headings that exist", () => {
    for (const page of PAGES) {
      for (const [, file, anchor] of read(page).matchAll(/\]\(([\w/-]*\.md)?#([\w-]+)\)/g)) {
        const there = file ? join(page, "..", file) : page;
        const headings = [...read(there).matchAll(/^#+ (.*)$/gm)].map(([, title]) => title.toLowerCase().replace(/[^\w -]/g, "").replaceAll(" ", "-"));
        assert.ok(headings.includes(anchor), `${page} links to ${there}#${anchor}`);
      }
    }
  });
});
