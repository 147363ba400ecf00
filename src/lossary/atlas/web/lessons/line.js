// A line y = a + b x under a loss: its mean loss and gradient, its fit, and gradient descent with its whole path.
// A term is one sample: { x, y, value, slope }, with the loss and its slope as functions of the prediction.

const at = (term, [a, b]) => a + b * term.x;

export const costOf = (terms, line) => terms.reduce((sum, term) => sum + term.value(at(term, line)), 0) / terms.length;

export function gradientOf(terms, line) {
  let a = 0, b = 0;
  for (const term of terms) {
    const slope = term.slope(at(term, line));
    a += slope;
    b += slope * term.x;
  }
  return [a / terms.length, b / terms.length];
}

// Return the line with the least mean loss. Losses with kinks have one through two points; the others are found by
// weighted least squares, from the line of equal weights and from the best line through two points.
export function fitLine(terms) {
  const through = pairs(terms);
  const starts = [weighted(terms, terms.map(() => 1)), best(terms, through)].filter(Boolean);
  return best(terms, [...through, ...starts.map((start) => reweighted(terms, start))]);
}

function pairs(terms) {
  const found = [];
  terms.forEach((p, i) => terms.slice(0, i).forEach((q) => {
    if (p.x === q.x) return;
    const b = (p.y - q.y) / (p.x - q.x);
    found.push([p.y - b * p.x, b]);
  }));
  return found;
}

function best(terms, lines) {
  let found = null, least = Infinity;
  for (const line of lines) {
    const cost = costOf(terms, line);
    if (cost < least) [found, least] = [line, cost];
  }
  return found;
}

// Where the weights are slope / residual, the line of weighted least squares has a gradient of 0 once it no longer moves.
function reweighted(terms, start) {
  let line = start;
  for (let i = 0; i < 300; i++) {
    const next = weighted(terms, terms.map((term) => {
      const residual = at(term, line) - term.y;
      const apart = Math.abs(residual) < 1e-7 ? 1e-7 : residual;
      return Math.max(0, term.slope(term.y + apart) / apart);
    }));
    if (!next.every(Number.isFinite)) return line;
    const moved = Math.abs(next[0] - line[0]) + Math.abs(next[1] - line[1]);
    line = next;
    if (moved < 1e-12) break;
  }
  return line;
}

// Return the line of weighted least squares; a level one where all x are the same.
function weighted(terms, weights) {
  const total = weights.reduce((a, b) => a + b, 0);
  if (!(total > 0)) return [NaN, NaN];
  const mean = (f) => terms.reduce((sum, term, i) => sum + weights[i] * f(term), 0) / total;
  const x = mean((term) => term.x), y = mean((term) => term.y);
  const spread = mean((term) => (term.x - x) ** 2);
  const b = spread > 1e-12 ? mean((term) => (term.x - x) * (term.y - y)) / spread : 0;
  return [y - b * x, b];
}

// The factor of the learning rate at a step, of so many.
export const SCHEDULES = {
  fixed: () => 1,
  decaying: (step) => 1 / Math.sqrt(1 + step),
  step: (step, steps) => 0.5 ** Math.floor((4 * step) / Math.max(steps, 1)),
};

// Follow the gradient; return the points and their costs, the start first. A path that is no longer finite ends there.
export function descend(gradient, cost, start, { steps, rate, schedule, momentum = 0 }) {
  const path = [start], costs = [cost(start)];
  let velocity = start.map(() => 0), point = start;
  for (let step = 0; step < steps; step++) {
    const slope = gradient(point), factor = rate * SCHEDULES[schedule](step, steps);
    velocity = velocity.map((v, k) => momentum * v - factor * slope[k]);
    point = point.map((x, k) => x + velocity[k]);
    if (!point.every(Number.isFinite)) break;
    path.push(point);
    costs.push(cost(point));
    if (!Number.isFinite(costs.at(-1))) break;
  }
  return { path, costs };
}
