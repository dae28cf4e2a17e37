// Programs that other people wrote, run by the tests where they are installed.

import { type ChildProcess, execFile, spawn } from "node:child_process";
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import type { Test } from "mocha";
import { freePort, until } from "../examples/support.js";

const DIRECTORIES = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin"];
const RUN_MAX_MS = 60_000;

/** Where a program is installed; undefined when it is not. */
export function whereIs(name: string): string | undefined {
  return DIRECTORIES.map((directory) => join(directory, name)).find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** A test that needs a program, skipped by its name where it is missing. */
export function withProgram(name: string, title: string, test: (path: string) => Promise<void>): void {
  const path = whereIs(name);
  if (path !== undefined) {
    it(`${name}: ${title}`, () => test(path));
    return;
  }
  const skipped = it.skip(`${name}: ${title}`) as Test & { skipReason?: string };
  skipped.skipReason = `${name} is not installed`;
}

/** What a program printed, as bytes in a binary string. It may fail: then that is part of the result. */
export function run(path: string, args: string[], input: Buffer | string = "", maxMs = RUN_MAX_MS): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const options = { encoding: "latin1" as const, timeout: maxMs, maxBuffer: 1 << 26 };
    const child = execFile(path, args, options, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : typeof error.code === "number" ? error.code : -1, stdout, stderr });
    });
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(input);
  });
}

/** nginx in front of a port of this host. */
export interface Proxy {
  port: number;
  stop(): void;
}

/**
 * Starts nginx as a proxy: `/` with HTTP/1.1 and kept connections, `/through/` the same without collecting bodies, `/old/`
 * as it comes, with HTTP/1.0.
 */
export async function startNginx(path: string, target: number): Promise<Proxy> {
  const port = await freePort();
  const dir = mkdtempSync(join(tmpdir(), "meerkat-nginx-"));
  const kept = `proxy_pass http://device; proxy_http_version 1.1; proxy_set_header Connection "";`;
  const paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `${name}_temp_path ${dir}/${name};`).join(" ");
  writeFileSync(
    join(dir, "nginx.conf"),
    `daemon off; worker_processes 1; pid ${dir}/pid; error_log stderr warn;
    events { worker_connections 64; }
    http { access_log off; client_max_body_size 0; ${paths}
      upstream device { server 127.0.0.1:${target}; keepalive 2; }
      server { listen 127.0.0.1:${port};
        location / { ${kept} }
        location /through/ { ${kept} proxy_request_buffering off; proxy_buffering off; }
        location /old/ { proxy_pass http://127.0.0.1:${target}; }
      }
    }`,
  );
  const child: ChildProcess = spawn(path, ["-e", "stderr", "-p", dir, "-c", join(dir, "nginx.conf")], { stdio: ["ignore", "ignore", "pipe"] });
  let text = "";
  child.stderr?.on("data", (bytes: Buffer) => (text += bytes.toString()));
  const stop = (): void => {
    child.kill("SIGTERM");
    child.once("exit", () => rmSync(dir, { recursive: true, force: true }));
  };
  let isUp = false;
  const probe = setInterval(() => void fetch(`http://127.0.0.1:${port}/`).then(() => (isUp = true), () => undefined), 50);
  await until(() => isUp || child.exitCode !== null, () => `an answer from nginx: ${text}`);
  clearInterval(probe);
  if (child.exitCode !== null) throw new Error(`nginx ended: ${text}`);
  return { port, stop };
}
