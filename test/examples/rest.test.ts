import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { request } from "node:http";
import type { IncomingHttpHeaders } from "node:http";
import { promisify } from "node:util";
import { inEveryPlace } from "./support.js";

const TOKEN = "Bearer let-me-in";
const MILK = '{"name":"milk","count":2}';

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

/** One request, with the token unless told otherwise. */
function call(port: number, method: string, path: string, body = "", headers: { [name: string]: string } = { Authorization: TOKEN }): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const length = body ? { "Content-Length": Buffer.byteLength(body) } : {};
    const req = request({ port, method, path, headers: { ...length, ...headers }, agent: false }, (res) => {
      let text = "";
      res.setEncoding("utf8").on("data", (piece: string) => (text += piece));
      res.on("end", () => resolve({ status: res.statusCode ?? 0, headers: res.headers, body: text }));
    });
    req.on("error", reject).end(body);
  });
}

inEveryPlace("rest.ts", (app) => {
  const ask = (method: string, path: string, body?: string, headers?: { [name: string]: string }) => call(app().port, method, path, body, headers);
  const list = async (): Promise<{ id: number; name: string; count: number }[]> => JSON.parse((await ask("GET", "/api/items", "", {})).body);

  afterEach(async () => {
    for (const item of await list()) assert.equal((await ask("DELETE", "/api/items/" + item.id)).status, 204);
  });

  it("makes, lists, reads, replaces and removes items", async () => {
    const made = await ask("POST", "/api/items", MILK);
    const { id } = JSON.parse(made.body);
    assert.deepEqual([made.status, made.headers.location, JSON.parse(made.body)], [201, "/api/items/" + id, { id, name: "milk", count: 2 }]);
    assert.deepEqual(await list(), [{ id, name: "milk", count: 2 }]);
    assert.deepEqual(JSON.parse((await ask("PUT", "/api/items/" + id, '{"name":"oats","count":0}')).body), { id, name: "oats", count: 0 });
    assert.deepEqual(JSON.parse((await ask("GET", "/API/Items/" + id, "", {})).body), { id, name: "oats", count: 0 });
    assert.equal((await ask("DELETE", "/api/items/" + id)).status, 204);
    assert.equal((await ask("GET", "/api/items/" + id)).status, 404);
  });

  it("keeps text beyond ASCII as it came", async () => {
    await ask("POST", "/api/items", '{"name":"\u017elu\u0165 \u20ac","count":1}');
    assert.equal((await list())[0].name, "\u017elu\u0165 \u20ac");
  });

  it("lets nobody write without the token, and says how to get in", async () => {
    for (const headers of [{}, { Authorization: "Bearer let-me-inn" }, { Authorization: "Basic bGV0LW1lLWlu" }]) {
      const answer = await ask("POST", "/api/items", MILK, headers as { [name: string]: string });
      assert.deepEqual([answer.status, /^Bearer realm="items"/.test(answer.headers["www-authenticate"] ?? "")], [401, true]);
    }
    assert.deepEqual(await list(), []);
  });

  it("refuses what is no item, and stays as it was", async () => {
    const bad = ["", "{", "null", "5", "[]", "{}", '{"name":"","count":1}', '{"name":"x"}', '{"name":"x","count":-1}', '{"name":"x","count":1.5}', '{"name":5,"count":1}'];
    for (const body of [...bad, `{"name":"${"x".repeat(81)}","count":1}`]) assert.equal((await ask("POST", "/api/items", body)).status, 400, body);
    assert.equal((await ask("POST", "/api/items", `{"name":"${"x".repeat(600)}","count":1}`)).status, 413);
    assert.deepEqual(await list(), []);
  });

  it("holds so many items and no more", async () => {
    for (let i = 0; i < 20; i++) assert.equal((await ask("POST", "/api/items", MILK)).status, 201);
    const answer = await ask("POST", "/api/items", MILK);
    assert.deepEqual([answer.status, JSON.parse(answer.body).error, (await list()).length], [409, "There are 20 items already", 20]);
  });

  it("answers 404, 405, OPTIONS and HEAD", async () => {
    assert.equal((await ask("GET", "/api/items/7")).status, 404);
    assert.equal((await ask("GET", "/api/itemsandmore")).status, 404);
    const wrong = await ask("PATCH", "/api/items/7");
    assert.deepEqual([wrong.status, wrong.headers.allow], [405, "OPTIONS, GET, HEAD, PUT, DELETE"]);
    assert.deepEqual([(await ask("OPTIONS", "/api/items")).status, (await ask("HEAD", "/api/items")).headers["content-length"]], [204, "3"]);
  });

  it("lets pages from elsewhere in", async () => {
    const origin = { Origin: "https://app.example" };
    const preflight = await ask("OPTIONS", "/api/items/7", "", {
      ...origin,
      "Access-Control-Request-Method": "PUT",
      "Access-Control-Request-Headers": "authorization,content-type",
    });
    assert.equal(preflight.status, 204);
    assert.equal(preflight.headers["access-control-allow-methods"], "PUT");
    assert.equal(preflight.headers["access-control-allow-headers"], "authorization,content-type");
    const refused = await ask("POST", "/api/items", MILK, origin);
    assert.deepEqual([refused.status, refused.headers["access-control-allow-origin"]], [401, "*"]);
  });

  it("speaks with curl", async function () {
    const url = `http://127.0.0.1:${app().port}/api/items`;
    const args = ["-sS", "-H", `Authorization: ${TOKEN}`, "--json", MILK, url, "--next", "-sS", url];
    const said = await promisify(execFile)("curl", args).catch((e: NodeJS.ErrnoException) => e.code === "ENOENT" ? this.skip() : Promise.reject(e));
    const lines = (said as { stdout: string }).stdout.trim().split("\n").map((line) => JSON.parse(line));
    assert.deepEqual([lines[0].name, lines[1][0].name], ["milk", "milk"]);
  });
});
