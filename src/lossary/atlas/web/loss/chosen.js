// What the reader has chosen on the page of a loss: the curve, its parameters and other inputs, and losses beside it.
import { data } from "../kit/page.js";
import { forget, keep, kept, number, word, words } from "../kit/state.js";
import { clamp } from "../kit/numbers.js";

// Words among the parameters choose the formula: the curves of the default words come first.
const wordOf = (choice, prefix = "") => {
  const chosen = kept(prefix + choice.name, choice.words[0], word);
  return choice.words.includes(chosen) ? chosen : choice.words[0];
};
const isOf = (curve, words) => Object.entries(words).every(([name, chosen]) => curve.words[name] === chosen);
const wordsOf = (choices, prefix) => Object.fromEntries(choices.map((choice) => [choice.name, wordOf(choice, prefix)]));
export const chosenWords = () => wordsOf(data.choices);
export const chooseWord = (choice, chosen, prefix = "") => keep(prefix + choice.name, chosen, choice.words[0], word);

const curves = data.curves.filter((curve) => isOf(curve, data.curves[0].words));
const nameOf = (curve) => [curve.given, curves.some((other) => other.along !== curve.along) ? curve.along : ""].filter(Boolean).join(".");
export const forms = curves.map((curve) => [nameOf(curve), curve]);

// The curve whose predictions have the form of those in the file, where the page is opened for one.
const ofFile = data.own && forms.find(([, curve]) => curve.given === data.own.given);
const first = ofFile ?? forms[0];
export const curveOfFile = () => ofFile && withWords(ofFile[1]);

// Return the curve of the same prediction under the chosen words.
export function withWords(curve) {
  const words = chosenWords();
  return data.curves.find((other) => other.given === curve.given && other.along === curve.along && isOf(other, words));
}

export function chosenCurve() {
  const form = kept("form", first[0], word);
  return withWords((forms.find(([name]) => name === form) ?? first)[1]);
}

export const chosenForm = () => (forms.find(([name]) => name === kept("form", first[0], word)) ?? first)[0];

export const chooseCurve = (name) => keep("form", name, first[0], word);

const inside = (x, view) => (view.open ? x > view.low && x < view.high : x >= view.low && x <= view.high);

// Return a number that is kept by a name, if it lies in the domain of its view.
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

export const beside = () => kept("with", [], words).filter((name) => name in data.beside).slice(0, 3);
export const setBeside = (names) => {
  beside().filter((name) => !names.includes(name)).forEach((name) => forget(`${name}.`));
  keep("with", names, [], words);
};

// What a loss beside this one is set to; in the address its parameters follow its name: tukey.c=3.
export const parametersBeside = (name) => Object.fromEntries(data.beside[name].sliders.map((view) => [view.name, numberOf(view, `${name}.${view.name}`)]));

// Return the curves of chosen losses that are drawn over the same plane.
export const curvesBeside = (curve) => beside().map((name) => {
  const own = wordsOf(data.beside[name].choices, `${name}.`);
  return data.others.find((other) => other.loss === name && other.plane === curve.plane && isOf(other, own));
}).filter(Boolean);
