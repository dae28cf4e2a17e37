import assert from "node:assert/strict";
import { Browser, chromiumPath } from "./browser.js";
import { exampleFile, startOnBoard } from "./support.js";
import type { RunningBoard } from "./support.js";

const suite = chromiumPath ? describe : describe.skip;

suite("examples/sse.ts in a browser (chromium)", function () {
  this.timeout(120_000);
  let app: RunningBoard;
  let page: Browser;
  const status = (text: string) => `document.getElementById("status")?.textContent === ${JSON.stringify(text)}`;

  before(async () => {
    app = await startOnBoard(exampleFile("sse.ts"));
    page = await Browser.open(`http://localhost:${app.port}/`, 390, 700);
    await page.until(status("Live"));
  });

  after(async () => {
    app?.stop();
    await page?.close();
  });

  it("shows the reading, and who else is watching", async () => {
    assert.match((await page.read(`document.getElementById("reading").innerText`)) as string, /^2\d\.\d\u00b0C$/);
    assert.match((await page.read(`document.getElementById("foot").textContent`)) as string, /^Up for \d+ s, watched by 1 page$/);
    assert.equal(await page.read("document.documentElement.scrollWidth <= innerWidth"), true);
  });

  it("draws what comes, over one connection that stays", async () => {
    await page.until(`document.getElementById("curve").getAttribute("points").split(" ").length > 3`);
    assert.equal(await page.read(`performance.getEntriesByType("resource").filter((one) => one.name.endsWith("/events")).length <= 1`), true);
  });

  it("says when the device is gone, and is live again when it is back", async () => {
    app.stop();
    await page.until(status("Reconnecting"));
    assert.equal(await page.read("document.body.className"), "lost");
    await app.start();
    await page.until(status("Live"));
  });
});
