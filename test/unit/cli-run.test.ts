import assert from "node:assert/strict";
import { createServer } from "node:net";
import type { AddressInfo, Server } from "node:net";
import { ask, exampleFile, freePort, until } from "../examples/support.js";
import { directory, endAll, meerkat, program, start } from "./cli-support.js";

const HELLO = exampleFile("hello.ts");

/** Holds a port of this host. */
async function occupy(port = 0): Promise<Server> {
  const server = createServer().listen(port);
  await new Promise((resolve, reject) => server.once("listening", resolve).once("error", reject));
  return server;
}

/** A port below 1024 whose place 8000 above is free. */
async function freeLowPort(): Promise<number> {
  for (let port = 100; ; port++) {
    const server = await occupy(8000 + port).catch(() => undefined);
    if (!server) continue;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
}

describe("cli run", function () {
  this.timeout(120_000);
  const dir = directory();
  afterEach(endAll);

  it("publishes a port where it was asked to, says which lead nowhere, and ends with 130 at Ctrl-C", async () => {
    const port = await freePort();
    const nowhere = await freePort();
    const command = start(["run", HELLO, "-p", `${port}:80`, "-p", `${nowhere}:81`], { cwd: dir });
    await command.prints(`http://localhost:${port} \u2192 port 80\n`);
    assert.equal((await ask(port, "GET", "/")).body, "Hello World");
    assert.match(command.stdout, /ready: pool/);
    await until(() => command.stderr !== "" || command.isOver, () => "a line about port 81");
    assert.equal(command.stderr, `Port ${nowhere} leads nowhere: the program does not listen on port 81.\n`);
    assert.equal((await command.interrupt()).code, 130);
  });

  it("moves ports below 1024 up by 8000 when nothing is said, and puts in what --define says", async () => {
    const port = await freeLowPort();
    const command = start(["run", HELLO, "--define", `PORT=${port}`], { env: { PORT: "1" } });
    await command.prints(`localhost:${8000 + port} \u2192 port ${port}\n`);
    assert.equal((await ask(8000 + port, "GET", "/")).status, 200);
  });

  it("takes any free port for 0, and several ports", async () => {
    const two = program(
      dir, "two.ts",
      'import { Manager } from "meerkat";',
      'import { platform } from "meerkat/platform";',
      "const mgr = new Manager(platform());",
      'mgr.bind("tcp://:81", () => {});',
      'mgr.bind("udp://:82", () => {});',
      "mgr.run();",
    );
    const command = start(["run", two, "-p", "0:81", "-p", "0:82"]);
    await command.prints(/tcp:\/\/localhost:\d{4,5} \u2192 port 81\n/);
    await command.prints(/udp:\/\/localhost:\d{4,5} \u2192 port 82\n/);
  });

  it("ends with 1 and says which port is in use, published or from PORT", async () => {
    const other = await occupy();
    const { port } = other.address() as AddressInfo;
    const [published, own] = await Promise.all([
      meerkat(["run", HELLO, "-p", `${port}:80`]),
      meerkat(["run", HELLO], { env: { PORT: String(port) } }),
    ]);
    assert.equal(published.code, 1);
    assert.match(published.stderr, new RegExp(`^Cannot listen on port ${port}, for port 80 of the program: address in use\\.\n`));
    assert.equal(own.code, 1);
    assert.match(own.stderr, new RegExp(`^Cannot listen on port ${port}: address in use\\.\n`));
    other.close();
  });

  it("lets a program go on that finds another port by itself", async () => {
    const other = await occupy();
    const taken = (other.address() as AddressInfo).port;
    const free = await freePort();
    const stubborn = program(
      dir, "stubborn.ts",
      'import { Manager, MG_EV_CLOSE, MG_ERR_ADDRESS_IN_USE } from "meerkat";',
      'import { platform } from "meerkat/platform";',
      "const mgr = new Manager(platform());",
      `mgr.bind("tcp://:${taken}", (nc, ev) => {`,
      `  if (ev === MG_EV_CLOSE && nc.err === MG_ERR_ADDRESS_IN_USE) mgr.bind("tcp://:${free}", () => {});`,
      "});",
      "mgr.run();",
    );
    const command = start(["run", stubborn]);
    await command.prints(`localhost:${free} \u2192 port ${free}\n`);
    assert.match(command.stderr, new RegExp(`Cannot listen on port ${taken}`));
    other.close();
    assert.equal((await command.interrupt()).code, 130);
  });

  it("ends with 1 and the author's line when the program throws while it is loaded", async () => {
    const file = program(dir, "throws.ts", 'import { Manager } from "meerkat";', "", "throw new Error(`no ${typeof Manager}`);");
    const { code, stderr } = await meerkat(["run", file]);
    assert.equal(code, 1);
    assert.match(stderr, /Error: no function\n[^]*throws\.ts:3/);
  });

  it("ends with 1 and the place when the program does not compile", async () => {
    const file = program(dir, "types.ts", "", 'const port: number = "80";', "console.log(port);");
    const { code, stdout, stderr } = await meerkat(["run", file], { cwd: dir });
    assert.deepEqual([code, stdout], [1, ""]);
    assert.match(stderr, /^This program cannot be compiled:\ntypes\.ts:2:7: TS2322: /);
  });

  it("ends with 0 when the program has nothing more to do", async () => {
    const { code, stdout } = await meerkat(["run", program(dir, "short.ts", 'console.log("done");')]);
    assert.deepEqual([code, stdout], [0, "done\n"]);
  });
});
