// What the reader has chosen on the page of a loss: the curve, its parameters and other inputs, and losses beside it.
import { data } from "../kit/page.js";
import { keep, kept, number, word, words } from "../kit/state.js";
import { clamp } from "../kit/numbers.js";

const curves = data.curves;
const nameOf = (curve) => [curve.given, curves.some((other) => other.along !== curve.along) ? curve.along : ""].filter(Boolean).join(".");
export const forms = curves.map((curve) => [nameOf(curve), curve]);

// The curve whose predictions have the form of those in the file, where the page is opened for one.
const ofFile = data.own && forms.find(([, curve]) => curve.given === data.own.given);
const first = ofFile ?? forms[0];
export const curveOfFile = ofFile?.[1];

export function chosenCurve() {
  const form = kept("form", first[0], word);
  return (forms.find(([name]) => name === form) ?? first)[1];
}

export const chooseCurve = (name) => keep("form", name, first[0], word);

const inside = (x, view) => (view.open ? x > view.low && x < view.high : x >= view.low && x <= view.high);

// Return a number that is kept by the name of its view, if it lies in the domain.
export function numberOf(view, name = view.name) {
  const x = kept(name, view.start, number);
  return inside(x, view) ? x : view.start;
}

export const setNumber = (view, x, name = view.name) => keep(name, x, view.start, number);

export const parameters = () => Object.fromEntries(data.parameters.map((view) => [view.name, numberOf(view)]));
export const othersOf = (curve) => Object.fromEntries(curve.others.map((view) => [view.name, numberOf(view)]));
export const probe = (curve) => clamp(kept("x", startOf(curve), number), curve.x.from, curve.x.to);
export const moveProbe = (curve, x) => keep("x", x, startOf(curve), number);

// The probe begins off the target, where there is something to see.
const startOf = (curve) => (curve.x.low === -Infinity ? (curve.plane === "score" ? 0.5 : curve.x.from + 0.7 * (curve.x.to - curve.x.from)) : curve.x.start);

export const beside = () => kept("with", [], words).slice(0, 3);
export const setBeside = (names) => keep("with", names, [], words);
// Return the curves of chosen losses that are drawn over the same plane.
export const curvesBeside = (curve) => beside().map((name) => data.others.find((other) => other.loss === name && other.plane === curve.plane)).filter(Boolean);
