// What the reader has chosen on the page of lines: points, losses, and the line that a descent begins from.
import { data } from "../kit/page.js";
import { clamp } from "../kit/numbers.js";
import { keep, kept, number, numbers, word, words } from "../kit/state.js";
import { along } from "../loss/functions.js";
import { SCHEDULES } from "./line.js";

export const X = [-5, 5];
export const Y = [-10, 10];
export const A = [-8, 8];
export const B = [-3, 3];
const FIRST = [-4, -2.4, -3, -1.1, -2, -0.8, -1, 0.4, 0, 0.9, 1, 1.5, 2, 2.9, 3, 3.2, 4, -8];
const SHOWN = ["squared_error", "absolute_error", "huber"];
const START = [6, -2];

export function points() {
  const flat = kept("xy", FIRST, numbers).slice(0, 32);
  const pairs = Array.from({ length: Math.floor(flat.length / 2) }, (_, i) => [clamp(flat[2 * i], ...X), clamp(flat[2 * i + 1], ...Y)]);
  return pairs.length > 1 ? pairs : [[0, 0], [1, 1]];
}
export const setPoints = (pairs) => keep("xy", pairs.flat(), FIRST, numbers);

export const shown = () => kept("with", SHOWN, words).filter((name) => data.losses.some((loss) => loss.loss === name));
export const setShown = (names) => keep("with", names, SHOWN, words);

const inside = (x, view) => (view.open ? x > view.low && x < view.high : x >= view.low && x <= view.high);
const nameOf = (loss, view) => `${loss.loss}.${view.name}`;
export function parameter(loss, view) {
  const x = kept(nameOf(loss, view), view.start, number);
  return inside(x, view) ? x : view.start;
}
export const setParameter = (loss, view, x) => keep(nameOf(loss, view), x, view.start, number);

export const lossNamed = (name) => data.losses.find((loss) => loss.loss === name) ?? data.losses[0];
export const descended = () => lossNamed(kept("of", "squared_error", word));

// Return the samples with the loss of each as functions of the prediction.
export function termsOf(loss, pairs) {
  const own = Object.fromEntries(loss.sliders.map((view) => [view.name, parameter(loss, view)]));
  return pairs.map(([x, y]) => ({ x, y, value: along(loss, "value", { target: y }, own), slope: along(loss, "gradient", { target: y }, own) }));
}

export function start() {
  const line = kept("line", START, numbers);
  return line.length === 2 ? [clamp(line[0], ...A), clamp(line[1], ...B)] : START;
}
export function setStart(line) {
  keep("at", 0, 0, number);
  keep("line", [clamp(line[0], ...A), clamp(line[1], ...B)], START, numbers);
}

export const RATE = { name: "rate", from: 0.001, to: 10, low: 0, high: Infinity, open: true, log: true, start: 0.05 };
export const MOMENTUM = { name: "momentum", from: 0, to: 0.95, low: 0, high: 0.999, start: 0 };
export const STEPS = { name: "steps", from: 10, to: 500, low: 1, high: 2000, start: 100 };

export function settings() {
  const of = (view) => {
    const x = kept(view.name, view.start, number);
    return inside(x, view) ? x : view.start;
  };
  const schedule = kept("schedule", "fixed", word);
  return { rate: of(RATE), momentum: of(MOMENTUM), steps: Math.round(of(STEPS)), schedule: schedule in SCHEDULES ? schedule : "fixed" };
}
export function set(view, x) {
  keep("at", 0, 0, number);
  keep(view.name, x, view.start, number);
}
