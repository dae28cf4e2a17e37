import ts from "typescript";
import type { Board } from "../../boards/board.js";
import { sourcesOf } from "./compiler.js";
import { HOT_FUNCTIONS } from "./hot-functions.js";
import { isOwnSource } from "./layout.js";
import type { Movable } from "./overlay.js";

/*
 * Which functions stay in memory on a board with few variables, and which are made when they are called (overlay.ts). The
 * board fills up with those that run most, as measured (hot-functions.ts).
 */

/** Boards with so many variables keep every function: speed is worth more there. */
const MANY_VARIABLES = 8192;
/** This part of the variables may be in use with every connection idle; the rest is for what the program does. */
const USED_PART = 0.36;

/** True for boards whose functions are not all kept in memory. */
export function isSmall(board: Board): boolean {
  return board.variables < MANY_VARIABLES;
}

/** What the choice depends on. */
export interface Room {
  board: Board;
  /** Estimated variables with every function kept, while all connections are idle. */
  idle: number;
}

/** Names of the functions to move. `before` has their names in the sources, where those differ; `own` names meerkat's own functions. */
export function chooseMoved(movable: readonly Movable[], before: ReadonlyMap<string, string>, own: ReadonlySet<string>, room: Room): Set<string> {
  const ranks = new Map(HOT_FUNCTIONS.map((name, i) => [name, i]));
  const rankOf = ({ name }: Movable): number => {
    const source = sourceName(before.get(name) ?? name);
    // The program's own come after what is measured and before what is not.
    return ranks.get(source) ?? (own.has(source) ? Infinity : HOT_FUNCTIONS.length);
  };
  const coldest = [...movable].sort((a, b) => (rankOf(a) < rankOf(b) ? 1 : rankOf(a) > rankOf(b) ? -1 : 0));
  const moved = new Set<string>();
  let { idle } = room;
  for (const one of coldest) {
    if (idle <= room.board.variables * USED_PART) break;
    moved.add(one.name);
    idle -= one.variables;
  }
  return moved;
}

/** The name in the sources: rollup numbers names that two modules have. */
export function sourceName(name: string): string {
  return name.replace(/\$\d+$/, "");
}

/** Names of the functions and methods of meerkat's own sources, as the bundle has them before it is minified. */
export function ownFunctions(program: ts.Program): Set<string> {
  const names = new Set<string>();
  for (const file of sourcesOf(program)) {
    if (!isOwnSource(file.fileName)) continue;
    for (const statement of file.statements) {
      if (ts.isFunctionDeclaration(statement) && statement.name) names.add(statement.name.text);
      if (!ts.isClassDeclaration(statement) || !statement.name) continue;
      for (const member of statement.members) {
        if (ts.isMethodDeclaration(member)) names.add(`${statement.name.text}$${member.name.getText()}`);
      }
    }
  }
  return names;
}
