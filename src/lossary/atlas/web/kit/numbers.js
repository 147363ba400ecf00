// Numbers as people read them, and grids of numbers.
export const clamp = (x, low, high) => Math.min(Math.max(x, low), high);

// Return a number with so many significant digits: 0.0312, 1.2e-5, −3.
export function show(x, digits = 3) {
  if (Number.isNaN(x)) return "–";
  if (!Number.isFinite(x)) return x > 0 ? "∞" : "−∞";
  if (x === 0 || Math.abs(x) < 1e-12) return "0";
  const size = Math.abs(x);
  const text = size >= 1e6 || size < 1e-4 ? x.toExponential(digits - 1) : String(Number(x.toPrecision(Math.max(digits, size >= 100 ? 4 : 0))));
  return text.replace(/-/g, "−").replace("e+", "e");
}

// Return a number with a fixed number of decimals, for numbers that change while one looks at them.
export const fixed = (x, decimals = 2) => (Number.isFinite(x) ? (Math.abs(x) < 0.5 * 10 ** -decimals ? 0 : x).toFixed(decimals).replace("-", "−") : show(x));

export function linspace(low, high, count) {
  return Array.from({ length: count }, (_, i) => low + ((high - low) * i) / (count - 1));
}

// Return a step of 1, 2 or 5 times a power of ten, of which `count` or fewer fit.
export function niceStep(span, count) {
  const rough = span / Math.max(count, 1);
  const power = 10 ** Math.floor(Math.log10(rough));
  return power * ([1, 2, 5, 10].find((x) => x * power >= rough * 0.999) ?? 10);
}

export function ticks(low, high, count) {
  const step = niceStep(high - low, count);
  const first = Math.ceil(low / step - 1e-9);
  return Array.from({ length: Math.max(0, Math.floor(high / step + 1e-9) - first + 1) }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}
