import assert from "node:assert/strict";
import { nameNumbers } from "../../cli/monitor/our-words.js";

describe("monitor: names of events and errors", () => {
  it("stand behind their numbers", () => {
    assert.equal(nameNumbers("closed, err 7"), "closed, err 7 (MG_ERR_UNSENT_DATA: closed with output unsent)");
    assert.equal(nameNumbers("nc.err=16 ev: 5"), "nc.err=16 (MG_ERR_EVICTED: closed to make room) ev: 5 (MG_EV_CLOSE)");
    assert.equal(nameNumbers("got event 113"), "got event 113 (MG_EV_WEBSOCKET_FRAME)");
    assert.equal(nameNumbers("sent: err -20!"), "sent: err -20 (MG_ERR_MESSAGE_TOO_LONG: datagram too long)!");
  });

  it("are whole in the report of a handler that threw", () => {
    const said = "meerkat: handler of connection 7 threw in";
    assert.equal(nameNumbers(`${said} HTTP_REQUEST: Error: x`), `${said} MG_EV_HTTP_REQUEST: Error: x`);
    assert.equal(nameNumbers(`${said} EV_130: Error: x`), `${said} EV_130: Error: x`);
  });

  it("are not put where the number is something else", () => {
    for (const line of ["Connect failed (err 111)", "err 99", "ev 7.5", "error 7", "level 3", "err 7 (MG_ERR_UNSENT_DATA)", "whatever 5", "ev 130"]) {
      assert.equal(nameNumbers(line), line);
    }
  });
});
