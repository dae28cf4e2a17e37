import assert from "node:assert/strict";
import { Browser, chromiumPath } from "./browser.js";
import { ask, exampleFile, startOnBoard } from "./support.js";
import type { RunningBoard } from "./support.js";

interface AccessibleNode {
  role?: { value: string };
  name?: { value: string };
  properties?: { name: string; value: { value: unknown } }[];
}

const suite = chromiumPath ? describe : describe.skip;

suite("examples/demo.ts in a browser (chromium)", function () {
  this.timeout(120_000);
  let app: RunningBoard;
  let page: Browser;

  before(async () => {
    app = await startOnBoard(exampleFile("demo.ts"));
    page = await Browser.open(`http://localhost:${app.port}/`, 390, 844);
    await page.until(`document.getElementById("status")?.textContent === "Live"`);
  });

  after(async () => {
    app?.stop();
    await page?.close();
  });

  it("shows every reading", async () => {
    const texts = (await page.read(`[...document.querySelectorAll("dd")].map((dd) => dd.innerText)`)) as string[];
    assert.match(texts.map((text) => text.trim()).join("|"), /^2\d\.\d \u00b0C\|\d\d:\d\d:\d\d\|[\d,]+ variables\|\d+ of 32\|\d+$/);
    assert.equal(await page.read(`document.getElementById("board").textContent`), "on esp32");
  });

  it("asks again and again: the time goes on", async () => {
    const uptime = `document.getElementById("uptime").textContent`;
    const before = await page.read(uptime);
    await page.until(`${uptime} !== ${JSON.stringify(before)}`);
  });

  it("has a name and a state for every control, and fits a narrow screen", async () => {
    const tree = await page.call("Accessibility.getFullAXTree", {});
    const toggle = (tree.nodes as AccessibleNode[]).find((node) => node.role?.value === "switch");
    assert.equal(toggle?.name?.value, "LED");
    assert.equal(toggle?.properties?.find((p) => p.name === "checked")?.value.value, "false");
    assert.equal(await page.read("document.documentElement.scrollWidth <= innerWidth"), true);
  });

  it("switches by keyboard, on the device too", async () => {
    await page.press("Tab", "Tab", "");
    assert.equal(await page.read("document.activeElement.id"), "switch");
    await page.press(" ", "Space", " ");
    await page.until(`document.getElementById("word").textContent === "on"`);
    assert.equal(JSON.parse((await ask(app.port, "GET", "/api/state")).body).isOn, true);
  });

  it("switches by mouse", async () => {
    await page.read(`document.getElementById("switch").click()`);
    await page.until(`document.getElementById("word").textContent === "off"`);
  });

  it("says when the device does not answer, and when it does again", async () => {
    app.stop();
    await page.until(`document.getElementById("status").textContent.includes("does not answer")`);
    assert.equal(await page.read(`document.getElementById("switch").disabled`), true);
    await app.start();
    await page.until(`document.getElementById("status").textContent === "Live"`);
    assert.equal(await page.read(`document.getElementById("switch").disabled`), false);
  });
});
