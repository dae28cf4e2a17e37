import type { Behaviour } from "../host/behaviour.js";

/** No peer takes part: the device tells what its store does. */
async function listen(): Promise<void> {}

/** As the device sums them: each byte times its place, modulo 65521. */
function told(count: number): string {
  let sum = 0;
  for (let i = 0; i < count; i++) sum = (sum + (i % 256) * i) % 65521;
  return `${count} bytes, sum ${sum}`;
}

const WHOLE = told(1280);

export const FILES: Behaviour[] = [
  {
    title: "a file has every byte that was written, and is not there before its commit",
    on: "filesWrite",
    play: listen,
    expect: { note: `before none, commit 0, after ${WHOLE}, one ${WHOLE}, remove 0 none` },
  },
  {
    title: "a file is replaced in one step, and an aborted one leaves what was there",
    on: "filesReplace",
    play: listen,
    expect: {
      note: `before none, commit 0, again refused, before ${told(700)}, commit 0, again refused, aborted ${told(3)}, all`,
    },
  },
  {
    title: "files have names with directories in them, and no name leads elsewhere",
    on: "filesNames",
    play: listen,
    expect: {
      note: `a/ b, 1 2, file 1 false, directory true, ${"24 ".repeat(8).trim()}, undefined undefined undefined`,
    },
  },
];
