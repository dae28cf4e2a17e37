import { channel } from "node:diagnostics_channel";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import type { PublishedPort } from "../platform/node/index.js";
import { buildNode, readPack } from "./build/index.js";
import { complain, endOnSignals, print } from "./console.js";
import type { Publish } from "./options.js";
import { watchPorts } from "./ports.js";

/** Options of `meerkat run`. */
export interface RunOptions {
  publish?: Publish;
  define?: Record<string, string>;
  pack?: string;
  gzip?: boolean;
}

/**
 * `meerkat run`: builds the program for Node and runs it in this very process. Resolves when it is loaded; the process
 * lives as long as the program does. Throws a BuildError, or what the program threw while it loaded.
 */
export async function runApp(app: string, { publish = new Map(), define = {}, ...options }: RunOptions): Promise<void> {
  const pack = options.pack === undefined ? undefined : readPack(options.pack, options.gzip !== false);
  const dir = mkdtempSync(join(tmpdir(), "meerkat-run-"));
  const clean = (): void => rmSync(dir, { recursive: true, force: true });
  endOnSignals(clean);
  try {
    const out = join(dir, basename(app).replace(/\.\w+$/, ".mjs"));
    const { warnings } = await buildNode({ app, defines: define, out, pack });
    for (const warning of warnings) complain(warning);
    publishPorts(publish);
    process.setSourceMapsEnabled(true);
    await import(pathToFileURL(out).href);
  } finally {
    clean();
  }
}

/** The platform inside the bundle reads the environment, and tells about its ports on two channels. */
function publishPorts(publish: Publish): void {
  const { env } = process;
  const pairs = [...publish].map(([appPort, hostPort]) => `${hostPort}:${appPort}`);
  if (pairs.length > 0) env.MEERKAT_PUBLISH = pairs.join(",");
  env.MEERKAT_LOW_PORTS ??= "1";
  const ports = watchPorts({ publish, print, complain, fail: () => process.exit(1) });
  channel("meerkat.bound").subscribe((port) => ports.bound(port as PublishedPort));
  channel("meerkat.bindFailed").subscribe((failure) => {
    const { port, err } = failure as { port: PublishedPort; err: number };
    ports.failed(port, err);
  });
}
