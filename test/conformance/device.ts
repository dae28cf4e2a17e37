import { platform } from "meerkat/platform";
import { startDevice } from "./device/control.js";

/* The program of the conformance suite, bundled like any app. */

startDevice(platform(), parseInt(process.env.PORT || "9000", 10), (run, ms) => {
  setTimeout(run, ms);
});
