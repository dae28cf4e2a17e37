import assert from "node:assert/strict";
import { ask, inEveryPlace } from "./support.js";

const JSON_TYPE = "application/json";

inEveryPlace("demo.ts", (app) => {
  const state = async (): Promise<Record<string, unknown>> => JSON.parse((await ask(app().port, "GET", "/api/state")).body);
  const flip = (body: string, type = JSON_TYPE) => ask(app().port, "POST", "/api/switch", type, body);

  it("serves a page of less than 6 kB that needs nothing from elsewhere", async () => {
    const page = await ask(app().port, "GET", "/");
    assert.deepEqual([page.status, page.headers["content-type"]], [200, "text/html; charset=utf-8"]);
    assert.ok(page.body.startsWith("<!doctype html>") && page.body.endsWith("</html>\n"));
    assert.ok(page.body.length < 6000, `${page.body.length} bytes`);
    assert.doesNotMatch(page.body, /https?:|src=|@import|url\(/);
  });

  it("tells its readings as JSON that nobody may keep", async () => {
    const answer = await ask(app().port, "GET", "/api/state");
    assert.deepEqual([answer.headers["content-type"], answer.headers["cache-control"]], [JSON_TYPE, "no-store"]);
    const { uptimeS, temperatureC, memory, pool, connections } = JSON.parse(answer.body);
    assert.ok(Number.isInteger(uptimeS) && uptimeS >= 0);
    assert.ok(temperatureC > 20 && temperatureC < 24);
    assert.ok(memory.free > 0 && memory.free < memory.total && typeof memory.unit === "string");
    assert.ok(pool.free > 0 && pool.free <= pool.pages);
    assert.ok(connections >= 1);
  });

  it("switches on and off, and answers the new state", async () => {
    assert.equal((await state()).isOn, false);
    assert.equal(JSON.parse((await flip('{"isOn":true}')).body).isOn, true);
    assert.equal((await state()).isOn, true);
    assert.equal(JSON.parse((await flip('{"isOn":false}')).body).isOn, false);
    assert.equal((await state()).isOn, false);
  });

  it("refuses what is no switch position, and stays as it was", async () => {
    for (const body of ["", "{", "null", "5", "{}", '{"isOn":1}', '{"isOn":"true"}']) {
      assert.equal((await flip(body)).status, 400, body);
    }
    assert.equal((await flip('{"isOn":true}', "text/plain")).status, 415);
    assert.equal((await state()).isOn, false);
  });

  it("answers other paths with 404 and other methods with 405", async () => {
    assert.equal((await ask(app().port, "GET", "/favicon.ico")).status, 404);
    const refused = await ask(app().port, "GET", "/api/switch");
    assert.deepEqual([refused.status, refused.headers.allow], [405, "POST"]);
    assert.equal((await ask(app().port, "DELETE", "/")).status, 405);
  });

  it("serves the page to several browsers at once", async () => {
    const pages = await Promise.all([1, 2, 3, 4, 5, 6].map(() => ask(app().port, "GET", "/")));
    assert.deepEqual(new Set(pages.map((page) => page.body)).size, 1);
    assert.ok(pages[0].body.endsWith("</html>\n"));
  });
});
