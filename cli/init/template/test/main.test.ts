import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { simulate, type SimulatedBoard } from "meerkat/sim";

let board: SimulatedBoard;

before(async () => {
  board = await simulate("src/main.ts", { board: "BOARD_ID" });
});

after(() => board.stop());

test("the page is served", async () => {
  const reply = await fetch(board.url);
  assert.equal(reply.status, 200);
  assert.match(await reply.text(), /<title>My device<\/title>/);
});

test("the state counts its requests", async () => {
  const first = (await (await fetch(board.url + "/api/state")).json()) as { requests: number };
  const second = (await (await fetch(board.url + "/api/state")).json()) as { requests: number };
  assert.equal(second.requests, first.requests + 1);
});

test("what is not there is not found", async () => {
  assert.equal((await fetch(board.url + "/nothing")).status, 404);
});
