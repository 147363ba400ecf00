// The constants that a page seeks: their mean loss on numbers, and where it is least.
import { functions } from "../kit/page.js";
import { mean, median, minimise, minimiseBoth } from "./minimise.js";
import { along } from "./functions.js";

const CORNERS_OF_SCORES = [-1, 0, 1];

// Return the mean loss of constant predictions on numbers, as a function of the constants. `curve` is one of the loss, `own` are its parameters.
export function costOf(curve, points, own) {
  const several = curve.others.some((view) => view.name !== "target");
  if (!several) {
    const terms = points.map((y) => along(curve, "value", { target: y }, own));
    return (c) => mean(terms.map((term) => term(c)));
  }
  const f = functions[curve.key][0];
  const parameters = Object.keys(curve.parameters).map((name) => own[name] ?? curve.parameters[name]);
  return (...constants) => mean(points.map((y) => f(...constants, y, ...parameters)));
}

// Return the constants of the least mean loss, and the mean and the median of the numbers.
export function estimatesOf(sought, curve, points, own) {
  const { predictions, labels } = sought;
  const cost = costOf(curve, points, own);
  const [{ low, high }] = predictions;
  const score = labels && low < 0;
  const constants = predictions.length === 1 ? [minimise(cost, low, high, score ? CORNERS_OF_SCORES : points, score)] : minimiseBoth(cost, predictions, points);
  return { constants, mean: mean(points), median: median(points) };
}
