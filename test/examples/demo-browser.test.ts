import assert from "node:assert/strict";
import { Browser, chromiumPath } from "./browser.js";
import { ask, exampleFile, startOnBoard } from "./support.js";
import type { RunningBoard } from "./support.js";

interface AccessibleNode {
  role?: { value: string };
  name?: { value: string };
  properties?: { name: string; value: { value: unknown } }[];
}

const IS_LIVE = `document.getElementById("status")?.textContent === "Live"`;
const UPTIME = `document.getElementById("uptime").textContent`;
const isSwitched = (word: string): string => `document.getElementById("word").textContent === "${word}"`;

const suite = chromiumPath ? describe : describe.skip;

suite("examples/demo.ts in a browser (chromium)", function () {
  this.timeout(120_000);
  let app: RunningBoard;
  let page: Browser;
  let other: Browser;

  before(async () => {
    app = await startOnBoard(exampleFile("demo.ts"));
    page = await Browser.open(`http://localhost:${app.port}/`, 390, 844);
    other = await Browser.open(`http://localhost:${app.port}/`, 390, 844);
    for (const one of [page, other]) await one.until(IS_LIVE);
  });

  after(async () => {
    app?.stop();
    await page?.close();
    await other?.close();
  });

  it("shows every reading", async () => {
    const texts = (await page.read(`[...document.querySelectorAll("dd")].map((dd) => dd.innerText)`)) as string[];
    assert.match(texts.map((text) => text.trim()).join("|"), /^2\d\.\d \u00b0C\|\d\d:\d\d:\d\d\|[\d,]+ variables\|\d+ of 32\|\d+$/);
    assert.equal(await page.read(`document.getElementById("board").textContent`), "on esp32");
  });

  it("is live in both tabs: the time goes on, without a request", async () => {
    for (const one of [page, other]) {
      const before = await one.read(UPTIME);
      await one.until(`${UPTIME} !== ${JSON.stringify(before)}`);
      assert.equal(await one.read(`performance.getEntriesByType("resource").filter((r) => !r.name.startsWith("data:")).length`), 0);
    }
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
    for (const one of [page, other]) await one.until(isSwitched("on"));
    assert.equal(JSON.parse((await ask(app.port, "GET", "/api/state")).body).isOn, true);
  });

  it("switches by mouse, in the other tab, and this one follows", async () => {
    await other.read(`document.getElementById("switch").click()`);
    for (const one of [page, other]) await one.until(isSwitched("off"));
    assert.equal(await page.read(`document.getElementById("switch").getAttribute("aria-checked")`), "false");
  });

  it("holds up nobody when a tab sleeps, and is up to date when it wakes up", async () => {
    await other.call("Page.setWebLifecycleState", { state: "frozen" });
    const before = await page.read(UPTIME);
    await page.until(`${UPTIME} !== ${JSON.stringify(before)}`);
    await page.read(`document.getElementById("switch").click()`);
    await page.until(isSwitched("on"));
    await other.call("Page.setWebLifecycleState", { state: "active" });
    await other.until(isSwitched("on"));
  });

  it("is connecting while the device is away, and live when it is back", async () => {
    app.stop();
    for (const one of [page, other]) {
      await one.until(`document.getElementById("status").textContent === "Connecting\u2026"`);
      assert.equal(await one.read(`document.getElementById("switch").disabled && document.body.className`), "lost");
    }
    await app.start();
    for (const one of [page, other]) {
      await one.until(IS_LIVE);
      assert.equal(await one.read(`document.getElementById("switch").disabled || document.body.className`), "");
    }
  });
});
