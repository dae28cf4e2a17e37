import assert from "node:assert/strict";
import { cpSync, mkdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { meerkatRoot } from "../../cli/build/layout.js";
import { directory, meerkat } from "./cli-support.js";

describe("cli bin", function () {
  this.timeout(180_000);

  it("compiles itself when it was never compiled or a source is newer, and only then", async () => {
    const root = directoryOnce;
    for (const name of ["package.json", "tsconfig.json", "src", "platform", "boards", "cli"]) {
      cpSync(join(meerkatRoot, name), join(root, name), { recursive: true });
    }
    symlinkSync(join(meerkatRoot, "node_modules"), join(root, "node_modules"));
    const version = () => meerkat(["--version"], { cwd: root, bin: join(root, "cli/bin/meerkat.mjs") });
    const first = await version();
    assert.deepEqual([first.code, first.stdout], [0, "0.1.0\n"], first.stderr);
    assert.notEqual(first.notice, "");
    assert.equal((await version()).notice, "");
    for (const name of ["dist/cli/main.js", "dist/tsconfig.tsbuildinfo"]) utimesSync(join(root, name), 1, 1);
    assert.notEqual((await version()).notice, "");
    assert.equal((await version()).notice, "");
    mkdirSync(join(root, "test"));
    writeFileSync(join(root, "test/broken.ts"), "export const broken: number = true;\n");
    writeFileSync(join(root, "cli/broken.ts"), "export const broken: number = true;\n");
    const broken = await version();
    assert.deepEqual([broken.code, broken.stdout], [1, ""]);
    assert.match(broken.stderr, /cli\/broken\.ts\(1,14\): error TS2322[^]*Cannot run meerkat: its sources do not compile\.\n$/);
    rmSync(join(root, "cli/broken.ts"));
    assert.deepEqual((await version()).code, 0);
  });
  const directoryOnce = directory();
});
