/**
 * Owns: pins as far as a program without hardware can use them: what was written can be read back; analog inputs give
 * numbers from the board's seeded generator. Peripherals (Serial, SPI, I2C, watches) are absent.
 */

import type { Interpreter } from "./interpreter.js";
import { defineNatives } from "./realm.js";

const PINS = 40;

/** Puts D0 to D39, LED1, BTN1 and the functions for them on the global object. Pins are their numbers. */
export function installPins(interp: Interpreter, random: () => number): void {
  const { global } = interp.realm;
  const levels = new Map<number, number>();
  const modes = new Map<number, string>();
  const read = (pin: unknown): number => levels.get(Number(pin)) ?? 0;
  const write = (pin: unknown, value: unknown): void => {
    for (const one of Array.isArray(pin) ? pin : [pin]) levels.set(Number(one), Number(value) ? 1 : 0);
  };
  defineNatives(global, {
    digitalRead: read,
    digitalWrite: write,
    analogRead: () => Math.floor(random() * 4096) / 4096,
    analogWrite: (pin: unknown, value: unknown) => void levels.set(Number(pin), Number(value)),
    pinMode: (pin: unknown, mode: unknown) => void modes.set(Number(pin), String(mode)),
    getPinMode: (pin: unknown) => modes.get(Number(pin)) ?? "undefined",
    LED1: 2,
    BTN1: 0,
    HIGH: 1,
    LOW: 0,
  });
  for (let i = 0; i < PINS; i++) defineNatives(global, { [`D${i}`]: i });
}
