export { type Packed, packed } from "./packed.js";
