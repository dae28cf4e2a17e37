import assert from "node:assert/strict";
import { ask, inEveryPlace } from "./support.js";
import { closed, message, openPeer, type Peer } from "./ws-peer.js";

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

  describe("over WebSocket", () => {
    let tabs: Peer[] = [];
    const open = async (options = {}): Promise<Peer> => {
      const tab = await openPeer(`ws://localhost:${app().port}/`, [], options);
      tabs.push(tab);
      return tab;
    };
    const next = async (tab: Peer): Promise<Record<string, unknown>> => JSON.parse((await message(tab)).bytes.toString());
    /** The next readings that say so, whatever comes before them. */
    const nextThat = async (tab: Peer, isOn: boolean): Promise<void> => {
      while ((await next(tab)).isOn !== isOn);
    };

    afterEach(async () => {
      for (const tab of tabs) tab.terminate();
      tabs = [];
      // A board with no connection left answers 503.
      for (let isAlone = false; !isAlone; ) {
        const { status, body } = await ask(app().port, "GET", "/api/state");
        isAlone = status === 200 && JSON.parse(body).connections < 2;
      }
    });

    it("sends the readings again and again, in text, and the same as the JSON API", async () => {
      const tab = await open();
      const { bytes, isBinary } = await message(tab);
      assert.equal(isBinary, false);
      const first = JSON.parse(bytes.toString());
      assert.deepEqual(Object.keys(first), Object.keys(await state()));
      while ((await next(tab)).uptimeS === first.uptimeS);
    });

    it("tells all of 8 tabs what one of them switched", async () => {
      for (let i = 0; i < 8; i++) await open();
      for (const isOn of [true, false]) {
        const all = tabs.map((tab) => nextThat(tab, isOn));
        tabs[3].send(JSON.stringify({ isOn }));
        await Promise.all(all);
      }
    });

    it("tells all tabs what the JSON API switched", async () => {
      for (let i = 0; i < 4; i++) await open();
      for (const isOn of [true, false]) {
        const all = tabs.map((tab) => nextThat(tab, isOn));
        await flip(JSON.stringify({ isOn }));
        await Promise.all(all);
      }
    });

    it("goes on for the others when a tab is gone", async () => {
      const [left, stays] = [await open(), await open()];
      left.terminate();
      await next(stays);
      await next(stays);
    });

    it("ignores what is no switch position, and ends a tab that sends more than one could be", async () => {
      const tab = await open();
      for (const text of ["", "{", "null", "5", "{}", '{"isOn":1}']) tab.send(text);
      tab.send(Buffer.from([255, 0]), { binary: true });
      await next(tab);
      assert.equal((await state()).isOn, false);
      const end = closed(tab);
      tab.send(" ".repeat(65));
      assert.deepEqual((await end)[0], 1009);
    });

    it("lets pages of its own in, and no others", async () => {
      await open({ origin: `http://localhost:${app().port}` });
      for (const origin of ["http://evil.example", "null", `http://localhost.evil.example:${app().port}`]) {
        await assert.rejects(open({ origin }), /403/, origin);
      }
      assert.equal(tabs.length, 1);
    });
  });

  it("serves the page to several browsers at once", async () => {
    const pages = await Promise.all([1, 2, 3, 4, 5, 6].map(() => ask(app().port, "GET", "/")));
    assert.deepEqual(new Set(pages.map((page) => page.body)).size, 1);
    assert.ok(pages[0].body.endsWith("</html>\n"));
  });
});
