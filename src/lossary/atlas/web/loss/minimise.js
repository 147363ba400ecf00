// The constant prediction with the least mean loss.
import { linspace } from "../kit/numbers.js";

export const mean = (values) => values.reduce((sum, x) => sum + x, 0) / values.length;

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length / 2;
  return sorted.length % 2 ? sorted[Math.floor(half)] : (sorted[half - 1] + sorted[half]) / 2;
}

// Return where a cost is least between two numbers, the middle where it is flat; NaN if it is finite nowhere.
// `corners` are places where it may have a corner or a valley of its own.
export function minimise(cost, low, high, corners) {
  const places = [...linspace(low, high, 161), ...corners.filter((x) => x >= low && x <= high)].sort((a, b) => a - b);
  const costs = places.map(cost);
  let best = -1;
  costs.forEach((value, i) => {
    if (Number.isFinite(value) && (best < 0 || value < costs[best])) best = i;
  });
  if (best < 0) return NaN;
  const found = golden(cost, places[Math.max(0, best - 1)], places[Math.min(places.length - 1, best + 1)]);
  const centre = cost(found) < costs[best] ? found : places[best];
  const enough = cost(centre) + 1e-12 * (1 + Math.abs(cost(centre)));
  const flat = places.filter((x) => cost(x) <= enough);
  if (!flat.length) return centre;
  const middle = (Math.min(...flat) + Math.max(...flat)) / 2;
  return cost(middle) <= enough ? middle : centre;
}

const RATIO = (Math.sqrt(5) - 1) / 2;

function golden(cost, low, high) {
  let left = high - RATIO * (high - low), right = low + RATIO * (high - low);
  let atLeft = cost(left), atRight = cost(right);
  for (let i = 0; i < 60; i++) {
    if (atLeft <= atRight) {
      [high, right, atRight] = [right, left, atLeft];
      left = high - RATIO * (high - low);
      atLeft = cost(left);
    } else {
      [low, left, atLeft] = [left, right, atRight];
      right = low + RATIO * (high - low);
      atRight = cost(right);
    }
  }
  return (low + high) / 2;
}
