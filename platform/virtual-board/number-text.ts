/**
 * Owns: how the firmware writes numbers (ftoa_bounded_extra of src/jsutils.c): at most 12 digits behind the point, cut
 * rather than rounded, exponents only from 1e21 up and below 1e-6. Followed step by step, because the last digit shows.
 */

const STOP_AT_ERROR = 0.0000001;
const DIGITS_MAX = 11;

/** A number as `print`, `write` and `"" + n` of the firmware write it. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (Number.isInteger(value) && Math.abs(value) < Number.MAX_SAFE_INTEGER) return String(value + 0 === 0 ? 0 : value);
  const sign = value < 0 ? "-" : "";
  const { mantissa, exponent } = scale(Math.abs(value));
  return sign + digits(mantissa) + exponentText(exponent);
}

function exponentText(exponent: number): string {
  if (exponent === 0) return "";
  return `e${exponent > 0 ? "+" : ""}${exponent}`;
}

function scale(value: number): { mantissa: number; exponent: number } {
  let exponent = 0;
  let mantissa = value;
  if (value >= 1e21) {
    for (; mantissa > 100000; exponent += 5) mantissa /= 100000;
    for (; mantissa > 10; exponent++) mantissa /= 10;
  } else if (value < 1e-6 && value > 0) {
    for (; mantissa < 1e-5; exponent -= 5) mantissa *= 100000;
    for (; mantissa < 1; exponent--) mantissa *= 10;
  }
  return { mantissa, exponent };
}

function digits(value: number): string {
  let rest = value;
  if (Math.floor(rest + STOP_AT_ERROR) === 1 + Math.floor(rest)) rest = 1 + Math.floor(rest);
  let place = 1;
  while (place * 10 <= rest) place *= 10;
  let text = "";
  for (; place >= 1; place /= 10) {
    const digit = Math.floor(rest / place);
    rest -= digit * place;
    text += digit;
  }
  return text + fraction(rest * 10);
}

function fraction(start: number): string {
  let rest = start;
  let text = "";
  for (let left = DIGITS_MAX; left > 0 && rest > STOP_AT_ERROR; left--) {
    const digit = Math.floor(rest + 0.00000001);
    rest = (rest - digit) * 10;
    text += Math.min(digit, 9);
  }
  return text === "" ? "" : `.${text}`;
}
