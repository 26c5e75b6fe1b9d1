/** Numbers for readers: meme coins cost from 0.000000001 to thousands. */

const SUBSCRIPT = "₀₁₂₃₄₅₆₇₈₉";
const compact = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 2 });

/**
 * Four significant digits; leading zeros are counted: `0.0₅1234` is 0.000001234.
 *
 * `zeros` is how many to count, so that the prices of one axis can be compared digit by digit.
 */
export function price(value: number, zeros = leadingZeros(value)): string {
  if (!Number.isFinite(value)) return "–";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1000) {
    return value.toLocaleString("en-US", { maximumFractionDigits: 2 }).replace("-", "−");
  }
  if (zeros < 4) return value.toFixed(zeros + 4).replace("-", "−");
  const digits = String(Math.round(size * 10 ** (zeros + 4))).padStart(4, "0");
  const sign = value < 0 ? "−" : "";
  const count = [...String(zeros)].map((digit) => SUBSCRIPT[Number(digit)]).join("");
  return `${sign}0.0${count}${digits}`;
}

/** The zeros between the point and the first digit once rounded to four digits; 0 from 0.1 on. */
export function leadingZeros(value: number): number {
  const size = Math.abs(Number(value.toPrecision(4)));
  if (size === 0 || !Number.isFinite(size)) return 0;
  return Math.max(0, -Math.floor(Math.log10(size)) - 1);
}

/** `1.2K`, `35.4M`; small ones with three significant digits. */
export function amount(value: number): string {
  if (!Number.isFinite(value)) return "–";
  if (value < 0) return `−${amount(-value)}`;
  if (value >= 1000) return compact.format(value);
  if (value > 0 && value < 0.0001) return value.toExponential(1).replace("e-", "e−");
  return String(Number(value.toPrecision(3)));
}

/** `+3.2 %`, with a sign that survives without colour. */
export function change(fraction: number): string {
  const percent = fraction * 100;
  const digits = Math.abs(percent) >= 100 ? 0 : 1;
  const text = Math.abs(percent).toFixed(digits);
  if (Number(text) === 0) return `0.0 %`;
  return `${percent > 0 ? "+" : "−"}${text} %`;
}

/** A score of 0..1 as it is shown everywhere. Almost certain is not certain: `>0.99`. */
export function score(value: number): string {
  if (value < 1 && value >= 0.995) return ">0.99";
  if (value > 0 && value < 0.005) return "<0.01";
  return value.toFixed(2);
}

/** A part of a whole as `17 %`, with two digits. */
export function share(value: number): string {
  return `${Number((100 * value).toPrecision(2))} %`;
}
