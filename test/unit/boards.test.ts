// Board definitions: complete, in range, and found by name.

import assert from "node:assert/strict";
import { boards, checkBoard, findBoard } from "../../boards/index.js";
import { esp32 } from "../../boards/esp32.js";

describe("boards", () => {
  for (const board of boards) {
    it(`${board.id}: is complete and in range`, () => assert.deepEqual(checkBoard(board), []));

    it(`${board.id}: has a pool that leaves memory for the program`, () => {
      const pages = board.pool.pages * Math.ceil(board.pool.pageBytes / (board.variableBytes - 4));
      assert.ok(pages < board.variables / 3, `${pages} variables of ${board.variables}`);
    });
  }

  it("have ids of their own", () => {
    assert.equal(new Set(boards.map((board) => board.id)).size, boards.length);
  });

  it("are found by id in upper or lower case", () => {
    assert.equal(findBoard("esp32").title, "ESP32");
    assert.equal(findBoard("ESP32C3").title, "ESP32-C3");
  });

  it("are listed when one is asked for that is not there", () => {
    assert.throws(() => findBoard("esp64"), /Unknown board "esp64": known are esp32, esp32c3, esp32s3, esp8266, linux/);
  });
});

describe("checkBoard", () => {
  const mistakes: [title: string, change: object, message: RegExp][] = [
    ["an id in upper case", { id: "ESP" }, /id must be lower case/],
    ["a missing title", { title: undefined }, /title must be a text/],
    ["an empty source", { source: "" }, /source must be a text/],
    ["a missing number", { sockets: undefined }, /sockets must be a whole number from 1 to 1024, and is missing/],
    ["a number out of range", { chunkBytes: 10 }, /chunkBytes must be a whole number from 64 to 65535, and is 10/],
    ["a number that is not whole", { variables: 1000.5 }, /variables must be a whole number/],
    ["a number in quotes", { serialBaud: "115200" }, /serialBaud must be .* and is "115200"/],
    ["an unknown field", { colour: "red" }, /unknown field "colour"/],
    ["abilities that are missing", { abilities: undefined }, /abilities must be an object/],
    [
      "an ability that is not true or false",
      { abilities: { ...esp32.abilities, udp: 1 } },
      /abilities\.udp must be true or false, and is 1/,
    ],
    ["an unknown ability", { abilities: { ...esp32.abilities, fly: true } }, /unknown field "abilities\.fly"/],
    ["a pool that is no object", { pool: 5 }, /pool must be an object/],
    [
      "a pool of too few pages",
      { pool: { pages: 1, pageBytes: 512 } },
      /pool\.pages must be a whole number from 4 to 255, and is 1/,
    ],
    [
      "a pool too large for one buffer",
      { pool: { pages: 255, pageBytes: 512 } },
      /the pool has 130560 bytes, at most 65535/,
    ],
    ["a pool that takes most of the memory", { variables: 1000 }, /more than a quarter of the memory/],
  ];
  for (const [title, change, message] of mistakes) {
    it(`reports ${title}`, () => {
      const found = checkBoard({ ...esp32, ...change });
      assert.ok(
        found.some((mistake) => message.test(mistake)),
        found.join("\n"),
      );
    });
  }

  it("names the board in every message", () => {
    for (const mistake of checkBoard({ ...esp32, sockets: 0, title: "" })) assert.match(mistake, /^Board esp32: /);
  });

  it("reports what is no object at all", () => {
    for (const value of [null, "esp32", [], undefined])
      assert.deepEqual(checkBoard(value), ["A board must be an object"]);
  });
});
