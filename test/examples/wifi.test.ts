import assert from "node:assert/strict";
import { ask, exampleFile, inEveryPlace, startOnBoard, until } from "./support.js";

const FORM = "application/x-www-form-urlencoded";

inEveryPlace("wifi.ts", (app) => {
  it("serves its page, and says where it is or that there is no Wi-Fi", async () => {
    const answer = await ask(app().port, "GET", "/");
    assert.equal(answer.status, 200);
    assert.match(answer.body, /<form method="post" action="\/wifi">/);
    assert.match(answer.body, /<p>reachable, in no Wi-Fi network<\/p>/);
    assert.match(app().output(), /no Wi-Fi on |access point "meerkat-setup" is on/);
  });

  it("refuses what can be no network and no password", async () => {
    for (const body of ["", "ssid=", "ssid=" + "x".repeat(33), "ssid=home&password=short"]) {
      assert.equal((await ask(app().port, "POST", "/wifi", FORM, body)).status, 400, body);
    }
  });
});

describe("examples/wifi.ts on a virtual ESP32", function () {
  this.timeout(120_000);

  it("joins the network it is given, and again after a restart", async () => {
    const app = await startOnBoard(exampleFile("wifi.ts"));
    const answer = await ask(app.port, "POST", "/wifi", FORM, "ssid=my%20home&password=correct+horse");
    assert.deepEqual([answer.status, answer.body], [202, "Joining."]);
    await until(() => /Wi-Fi: up: "my home"/.test(app.output()), () => app.output());
    await until(() => /meerkat\.local {2}http:/.test(app.output()), () => app.output());
    const before = app.output().length;
    await app.start();
    await until(() => /Wi-Fi: up: "my home"/.test(app.output().slice(before)), () => app.output());
    assert.match((await ask(app.port, "GET", "/")).body, /<p>in my home \(-61 dBm\)<\/p>/);
    app.stop();
  });
});
