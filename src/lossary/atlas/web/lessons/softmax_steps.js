// The arithmetic of softmax and cross-entropy, one step after the other, and the same in number formats that overflow.

// Return every step for scores z at a temperature; `label` is the index of the true class.
export function stepsOf(z, temperature, label) {
  const scaled = z.map((x) => x / temperature);
  const top = Math.max(...scaled);
  const shifted = scaled.map((x) => x - top);
  const exp = shifted.map(Math.exp);
  const sum = exp.reduce((a, b) => a + b, 0);
  const place = scaled.indexOf(top);
  const without = (values, k) => values.reduce((total, x, i) => (i === k ? total : total + x), 0);
  const logSum = Math.log1p(without(exp, place)); // the largest adds 1: log Σ, where the others are tiny, too
  const p = exp.map((x) => x / sum);
  const hard = z.map((_, i) => (i === place ? 1 : 0));
  const y = z.map((_, i) => (i === label ? 1 : 0));
  const loss = logSum - shifted[label];
  const gradient = p.map((x, i) => (i === label ? 0 - without(p, label) : x) / temperature); // p - 1 is less what the others have
  return { z, scaled, top, shifted, exp, sum, logSum, p, hard, y, loss, gradient };
}

// Return the nearest float16: 11 bits of significand, exponents from -14; ties go to the even one.
export function round16(x) {
  if (!Number.isFinite(x) || x === 0) return x;
  const unit = 2 ** (Math.max(Math.floor(Math.log2(Math.abs(x))), -14) - 10);
  const count = x / unit, below = Math.floor(count), rest = count - below;
  const nearest = (rest > 0.5 || (rest === 0.5 && below % 2 !== 0) ? below + 1 : below) * unit;
  return Math.abs(nearest) > 65504 ? Math.sign(x) * Infinity : nearest;
}

export const FORMATS = { float16: round16, float32: Math.fround, float64: (x) => x };

// Return softmax and cross-entropy with every result rounded to a format, with or without the shift by the largest score.
export function inFormat(z, label, round, shift) {
  const held = z.map(round);
  const top = shift ? Math.max(...held) : 0;
  const shifted = held.map((x) => round(x - top));
  const exp = shifted.map((x) => round(Math.exp(x)));
  const sum = exp.reduce((a, b) => round(a + b), 0);
  const p = exp.map((x) => round(x / sum));
  const loss = shift ? round(round(Math.log(sum)) - shifted[label]) : round(-Math.log(p[label]));
  return { largest: Math.max(...exp), sum, p, loss };
}
