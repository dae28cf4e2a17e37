/*
 * One program for one board:
 *
 *   npx rollup -c --environment APP:examples/hello.ts,BOARD:esp32,OUT:out/hello.js
 *
 * The same build as `meerkat build`; it lives in cli/build and has to be compiled (`npm run build`) before.
 */

import { findBoard } from "./dist/boards/index.js";
import { bundleConfig, formatReport, readPack } from "./dist/cli/build/index.js";

const { APP, BOARD = "esp32", OUT, MINIFY = "true", PACK } = process.env;
if (!APP)
  throw new Error("Name the program: rollup -c --environment APP:examples/hello.ts,BOARD:esp32,OUT:out/hello.js");

export default bundleConfig({
  app: APP,
  board: findBoard(BOARD),
  out: OUT,
  minify: MINIFY !== "false",
  pack: PACK ? readPack(PACK, true) : undefined,
  onReport: (report) => console.error(formatReport(report)),
  onWarning: (warning) => console.error(warning),
});
