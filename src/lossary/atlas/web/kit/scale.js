// Scales map numbers to pixels and back.
export function linear(low, high, from, to) {
  const scale = (x) => from + ((x - low) / (high - low)) * (to - from);
  scale.invert = (pixel) => low + ((pixel - from) / (to - from)) * (high - low);
  Object.assign(scale, { low, high, from, to });
  return scale;
}

// Positions 0 to 1 of a slider; of a logarithmic one, equal steps multiply.
export function slide(low, high, log) {
  if (!log) return linear(low, high, 0, 1);
  const inner = linear(Math.log(low), Math.log(high), 0, 1);
  const scale = (x) => inner(Math.log(x));
  scale.invert = (position) => Math.exp(inner.invert(position));
  return scale;
}
