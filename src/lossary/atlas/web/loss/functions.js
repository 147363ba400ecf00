// The functions of a curve: the value, slope and curvature of a loss along one of its predictions.
import { functions } from "../kit/page.js";

const ORDER = { value: 0, gradient: 1, curvature: 2 };

// Return f(x) of a curve, `others` being the other inputs and `own` the parameters, by name.
export function along(curve, what, others, own) {
  if (curve.kind === "composed") return ofSamples(curve, what);
  const f = functions[curve.key][ORDER[what]];
  const parameters = Object.keys(curve.parameters).map((name) => own[name] ?? curve.parameters[name]);
  if (curve.kind === "softmax") return ofTwoClasses(f, what, curve.given, others.target, parameters);
  if (curve.kind === "samplewise") return ofComponents(f, what, curve, others, parameters);
  const at = curve.inputs.indexOf(curve.along);
  const values = [...curve.inputs.map((name) => others[name]), ...parameters];
  return (x) => {
    values[at] = x;
    return f(...values);
  };
}

// A loss of classes, of two classes: x is the logit of the second, that of the first being 0, or its probability.
function ofTwoClasses(f, what, given, y, parameters) {
  const target = [1 - y, y];
  const row = given === "probabilities" ? (x) => [1 - x, x] : (x) => [0, x];
  const g = (x) => f(row(x), target, ...parameters);
  if (what === "value") return g;
  if (given !== "probabilities") return (x) => g(x)[1];
  const both = what === "gradient" ? (a, b) => b - a : (a, b) => b + a; // the other probability falls by as much
  return (x) => both(...g(x));
}

// A loss of the components of a sample: x is the first component, the others stay as they are.
function ofComponents(f, what, curve, others, parameters) {
  const arrays = { ...curve.components, [curve.along]: [...curve.components[curve.along]] };
  const values = [...curve.inputs.map((name) => arrays[name] ?? others[name]), ...parameters];
  return (x) => {
    arrays[curve.along][0] = x;
    const found = f(...values);
    return what === "value" ? found : found[0];
  };
}

// A loss of array code: straight between the numbers that Python computed; slopes jump where the curvature is NaN.
function ofSamples(curve, what) {
  const values = curve.samples[what], curvatures = curve.samples.curvature;
  const last = values.length - 1;
  return (x) => {
    const place = Math.min(Math.max(((x - curve.x.from) / (curve.x.to - curve.x.from)) * last, 0), last);
    const before = Math.min(Math.floor(place), last - 1), share = place - before;
    const corners = [before, before + 1].filter((i) => Number.isNaN(curvatures[i]));
    if (what === "gradient" && corners.length === 1) return values[2 * before + 1 - corners[0]];
    if (what === "gradient" && corners.length === 2) return values[before + (share > 0.5 ? 1 : 0)];
    return values[before] + share * (values[before + 1] - values[before]);
  };
}

// Return the loss of each row of numbers, in the order of the inputs.
export function ofRows(curve, rows, own) {
  const at = curve.inputs.indexOf(curve.along);
  return rows.map((row) => {
    const others = Object.fromEntries(curve.inputs.map((name, i) => [name, row[i]]));
    return along(curve, "value", others, own)(row[at]);
  });
}
