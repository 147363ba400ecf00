// The constant predictions with the least mean loss.
import { clamp, linspace } from "../kit/numbers.js";
import { slide } from "../kit/scale.js";

export const mean = (values) => values.reduce((sum, x) => sum + x, 0) / values.length;

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length / 2;
  return sorted.length % 2 ? sorted[Math.floor(half)] : (sorted[half - 1] + sorted[half]) / 2;
}

// Return where a cost is least between two numbers, the middle where it is flat; NaN if it is finite nowhere.
// `corners` are places where it may have a corner or a valley of its own. Of a cost that has no bounds, such as that of
// a score, it is infinite where the cost falls on, and the nearer end of what is flat from there on.
export function minimise(cost, low, high, corners, unbounded = false) {
  const places = [...linspace(low, high, 161), ...corners.filter((x) => x >= low && x <= high)].sort((a, b) => a - b);
  const costs = places.map(cost);
  const best = indexOfLeast(costs);
  if (best < 0) return NaN;
  const found = golden(cost, places[Math.max(0, best - 1)], places[Math.min(places.length - 1, best + 1)]);
  const centre = cost(found) < costs[best] ? found : places[best];
  const enough = cost(centre) + 1e-12 * (1 + Math.abs(cost(centre)));
  const flat = places.filter((x, i) => costs[i] <= enough);
  if (!flat.length) return unbounded && high - centre < 1e-6 ? Infinity : unbounded && centre - low < 1e-6 ? -Infinity : centre;
  const ends = [flat[0], flat.at(-1)];
  if (unbounded && (ends[0] === low) !== (ends[1] === high)) {
    if (ends[0] === ends[1]) return ends[0] === low ? -Infinity : Infinity;
    return ends[0] === low ? ends[1] : ends[0];
  }
  const middle = (ends[0] + ends[1]) / 2;
  return cost(middle) <= enough ? middle : centre;
}

// Return the two numbers at which a cost is least together. `views` say from where to where each is sought, and whether by
// equal factors; each in turn is moved to where the cost is least, from the best of a grid.
export function minimiseBoth(cost, views, corners) {
  const scales = views.map((view) => slide(view.low, view.high, view.log));
  const of = (shares) => cost(...shares.map((share, i) => scales[i].invert(share)));
  const grid = linspace(0, 1, 17).flatMap((a) => linspace(0, 1, 17).map((b) => [a, b]));
  const best = indexOfLeast(grid.map(of));
  if (best < 0) return [NaN, NaN];
  const found = [...grid[best]];
  for (let round = 0, moved = 1; round < 60 && moved > 1e-7; round++) {
    moved = 0;
    for (const i of [0, 1]) {
      const at = (share) => of(found.map((other, k) => (k === i ? share : other)));
      const next = golden(at, clamp(found[i] - 0.07, 0, 1), clamp(found[i] + 0.07, 0, 1), 30);
      if (at(next) > at(found[i])) continue; // beside a corner
      moved = Math.max(moved, Math.abs(next - found[i]));
      found[i] = next;
    }
  }
  const constants = found.map((share, i) => (views[i].log && share < 1e-6 ? 0 : scales[i].invert(share)));
  views.forEach(({ low, high, log }, i) => {
    if (!log) constants[i] = minimise((x) => cost(...constants.map((other, k) => (k === i ? x : other))), low, high, [...corners, constants[i]]);
  });
  return constants;
}

function indexOfLeast(costs) {
  let best = -1;
  costs.forEach((value, i) => {
    if (Number.isFinite(value) && (best < 0 || value < costs[best])) best = i;
  });
  return best;
}

const RATIO = (Math.sqrt(5) - 1) / 2;

function golden(cost, low, high, steps = 60) {
  let left = high - RATIO * (high - low), right = low + RATIO * (high - low);
  let atLeft = cost(left), atRight = cost(right);
  for (let i = 0; i < steps; i++) {
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
