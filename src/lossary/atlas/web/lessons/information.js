// Self-information, entropy, cross-entropy and relative entropy of distributions, in nats; 0 log 0 is 0.
const xlog = (x, y) => (x === 0 ? 0 : x * Math.log(y));
const sum = (values) => values.reduce((a, b) => a + b, 0);

// Return the contribution of each outcome, and the sums.
export function measures(p, q) {
  const parts = {
    self: p.map((x) => 0 - Math.log(x)),
    entropy: p.map((x) => 0 - xlog(x, x)),
    relative: p.map((x, i) => xlog(x, x / q[i])),
    cross: p.map((x, i) => 0 - xlog(x, q[i])),
  };
  return { parts, entropy: sum(parts.entropy), relative: sum(parts.relative), cross: sum(parts.cross) };
}

// Return a distribution in which one probability is as given; the others keep their ratios.
export function withProbability(p, at, to) {
  const rest = 1 - p[at];
  return p.map((x, i) => (i === at ? to : rest > 1e-9 ? (x * (1 - to)) / rest : (1 - to) / (p.length - 1)));
}

// Return weights as a distribution, or undefined if they are none.
export function normalized(weights) {
  const total = sum(weights);
  if (!(total > 0) || weights.some((x) => x < 0)) return undefined;
  return Math.abs(total - 1) < 1e-9 ? weights : weights.map((x) => x / total);
}
