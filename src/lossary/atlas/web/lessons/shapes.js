// What the columns of a file are: one number, a distribution, bounds, quantiles, or a number for each class.
import { functions } from "../kit/page.js";
import { guess, isNumeric, numberOf } from "./csv.js";

// The predictions that each shape asks for: names of one column each, or null for any number of columns.
export const SHAPES = {
  number: ["prediction"],
  probability: ["prediction"],
  score: ["prediction"],
  classes: null,
  class_logits: null,
  variance: ["mean", "variance"],
  scale: ["mean", "scale"],
  log_variance: ["mean", "log_variance"],
  log_scale: ["mean", "log_scale"],
  bounds: ["lower", "upper"],
  levels: null,
};
export const ofClasses = (shape) => shape === "classes" || shape === "class_logits";
export const ofEvents = (shape) => shape === "probability" || shape === "score";

const NAMES = {
  mean: /^(mean|mu|μ|loc|location|均值)$/i,
  variance: /^(var|variance|sigma2|s2|方差)$/i,
  scale: /^(scale|sigma|σ|sd|std|stddev|标准差|尺度)$/i,
  log_variance: /^log_?(var|variance)$/i,
  log_scale: /^log_?(scale|sigma|sd|std)$/i,
  lower: /^(lo|low|lower|下界)([-_. ]?\d+)?$/i,
  upper: /^(hi|high|upper|上界)([-_. ]?\d+)?$/i,
};
const NO_PREDICTIONS = /^(id|index|row|fold|weight|.*_id|group|split|date|time|timestamp|编号|序号)$/i;

// Return the shape that a table seems to have, its target and its columns of predictions.
export function guessShape(table) {
  const one = guess(table), { names } = table;
  const numeric = names.map((_, i) => i).filter((i) => isNumeric(table, i));
  for (const shape of ["variance", "scale", "log_variance", "log_scale", "bounds"]) {
    const columns = SHAPES[shape].map((name) => names.findIndex((each) => NAMES[name].test(each)));
    if (columns.every((i) => i >= 0) && !columns.includes(one.target)) return { shape, target: one.target, columns };
  }
  const others = numeric.filter((i) => i !== one.target && !NO_PREDICTIONS.test(names[i]));
  const levelled = others.filter((i) => levelOf(names[i]) !== null && /\d|median/i.test(names[i]));
  const alike = alikeOf(others, names);
  const labels = labelsOf(table, one.target);
  const areClasses = alike.length > 1 && labels.length <= alike.length && labels.every((label) => classOf(label, alike.map((i) => names[i])) >= 0);
  if (areClasses) {
    const sums = table.lines.slice(0, 50).map(({ cells }) => alike.reduce((sum, i) => sum + numberOf(cells[i] ?? "", table.separator), 0));
    return { shape: sums.every((sum) => Math.abs(sum - 1) <= TOLERANCE) ? "classes" : "class_logits", target: one.target, columns: alike };
  }
  if (levelled.length > 1) return { shape: "levels", target: one.target, columns: levelled };
  return { shape: null, target: one.target, columns: [one.prediction] };
}

// Return the columns whose names share a beginning that ends before a letter of their own, all if they are two or more and no name says otherwise.
function alikeOf(columns, names) {
  const groups = new Map();
  for (const i of columns) {
    const stem = /^(.*?[_\-. ]|[a-z]+(?=\d))/i.exec(names[i])?.[1] ?? "";
    groups.set(stem, [...(groups.get(stem) ?? []), i]);
  }
  return [...groups].filter(([stem]) => stem).map(([, found]) => found).sort((a, b) => b.length - a.length)[0] ?? columns;
}

// Return the distinct texts of a column, sorted, numbers by size; at most 200.
export function labelsOf({ lines, separator }, column) {
  const found = new Set();
  for (const { cells } of lines) {
    if (cells[column]) found.add(cells[column]);
    if (found.size > 199) break;
  }
  const value = (text) => numberOf(text, separator);
  return [...found].sort((a, b) => value(a) - value(b) || (a < b ? -1 : 1));
}

// Return the place of a label among columns: by what tells their names apart, or as a whole number counted from 0; -1 for none.
export function classOf(label, names) {
  const rest = partsOf(names, label);
  if (rest) return rest.findIndex((part) => same(part, label));
  if (!/^\d+(\.0+)?$/.test(label) || names.some((_, i) => partsOf(names, String(i)))) return -1;
  const place = Number(label);
  return place < names.length ? place : -1;
}

const same = (a, b) => a === b || a.toLowerCase() === b.toLowerCase() || (a !== "" && Number(a) === Number(b));

// Return the names without what all share at their beginning and end, so that one of them is the label; null if none is.
function partsOf(names, label) {
  if (names.some((name) => same(name, label))) return names;
  for (let before = shared(names); before >= 0; before--) {
    const rest = names.map((name) => name.slice(before));
    for (let after = Math.min(...rest.map((name) => name.length - 1), shared(rest.map(reversed))); after >= 0; after--) {
      const parts = rest.map((name) => name.slice(0, name.length - after));
      if (parts.filter((part) => same(part, label)).length === 1) return parts;
    }
  }
  return null;
}

const reversed = (text) => [...text].reverse().join("");
function shared(names) {
  let count = 0;
  while (count < names[0].length && names.every((name) => name[count] === names[0][count])) count++;
  return count;
}

// Return the level that the name of a column of quantiles says, or null: q0.1, q05, p5, 97.5%, lo-90, median.
export function levelOf(name) {
  if (/median/i.test(name)) return 0.5;
  const digits = /(\d*\.?\d+)(?!.*\d)/.exec(name)?.[1];
  if (digits === undefined) return null;
  const side = /(?<![a-z])(?:(lo|low|lower)|(hi|high|upper))(?![a-z])/i.exec(name);
  const x = Number(digits);
  let level = x;
  if (side) level = (side[1] ? 1 - shareOf(x) : 1 + shareOf(x)) / 2;
  else if (name.includes("%") || (digits.includes(".") && x > 1) || (digits.length === 1 && new RegExp(`p_?${digits}$`, "i").test(name))) level = x / 100;
  else if (!digits.includes(".") && digits.length > 1) level = Number(`0.${digits}`);
  level = Number(level.toPrecision(12));
  return level > 0 && level < 1 ? level : null;
}

const shareOf = (x) => (x < 1 ? x : x / 100);

const TOLERANCE = 1e-4; // of sums of probabilities, as of the library
const inside = (x, view) => (view.open ? x > view.low && x < view.high : x >= view.low && x <= view.high);

// Return how many rows lie outside the domain of a loss.
export function outside(loss, rows) {
  if (loss.shape === "classes") return rows.filter(([, p]) => p.some((x) => x < 0 || x > 1) || Math.abs(p.reduce((a, b) => a + b, 0) - 1) > TOLERANCE).length;
  if (loss.shape === "class_logits") return 0;
  const views = loss.shape === "levels" ? [] : loss.inputs.slice(0, -1).map((name) => (name === loss.along ? loss.x : loss.others.find((view) => view.name === name)));
  const target = loss.others.find((view) => view.name === "target");
  return rows.filter(([, p, y]) => !inside(y, target) || views.some((view, i) => !inside(p[i], view))).length;
}

// Return the losses of rows; `own` are parameters of the loss by name, `levels` those of the columns of quantiles.
export function lossesOf(loss, rows, own, levels) {
  const f = functions[loss.key][0];
  if (loss.shape === "levels") return rows.map(([, p, y]) => (loss.factor * p.reduce((sum, x, i) => sum + f(x, y, levels[i]), 0)) / p.length);
  const parameters = Object.keys(loss.parameters).map((name) => own[name] ?? loss.parameters[name]);
  if (ofClasses(loss.shape)) return rows.map(([, p, y]) => f(p, y, ...parameters));
  return rows.map(([, p, y]) => f(...p, y, ...parameters));
}
