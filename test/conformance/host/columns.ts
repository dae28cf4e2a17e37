import type { Column } from "./bench.js";
import { espruino, node } from "./child-bench.js";
import { sim, virtualBoard, virtualBoardInSim } from "./world-bench.js";

/** Every platform of the suite, in the order of the table. */
export const COLUMNS: readonly Column[] = [node, sim, virtualBoard, virtualBoardInSim, espruino];
