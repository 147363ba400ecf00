// The curve of a loss with its gradient and curvature, one probe through all three, and what shapes them.
import { html, useMemo, Markup } from "../kit/view.js";
import { data } from "../kit/page.js";
import { say, inLanguage } from "../kit/messages.js";
import { announce } from "../kit/live.js";
import { linspace, niceStep, show } from "../kit/numbers.js";
import { Plot } from "../kit/plot.js";
import { Curve, Handle } from "../kit/marks.js";
import { Choices, Slider, TableBehind } from "../kit/controls.js";
import { link } from "../kit/frame.js";
import { along } from "./functions.js";
import { beside, chooseCurve, chooseWord, chosenCurve, chosenForm, curvesBeside, forms, moveProbe, numberOf, othersOf, parameters, parametersBeside, probe, setBeside, setNumber } from "./chosen.js";

const ORDERS = ["value", "gradient", "curvature"];

export function Curves() {
  const curve = chosenCurve();
  const own = parameters(), others = othersOf(curve);
  const lines = linesOf(curve, own, others);
  const besides = lines.filter((line) => line.loss);
  const x = probe(curve);
  const read = Object.fromEntries(ORDERS.map((what) => [what, along(curve, what, others, own)(x)]));
  const move = (next) => {
    moveProbe(curve, next);
    const at = Object.fromEntries(ORDERS.map((what) => [what, show(along(curve, what, others, own)(next))]));
    announce(saidAt(next, at));
  };
  const spoken = saidAt(x, Object.fromEntries(ORDERS.map((what) => [what, show(read[what])])));
  return html`
    <section class="curves" aria-labelledby="curves-title">
      <h2 id="curves-title">${say("curves.title")}</h2>
      <div class="two">
        <div class="pictures">
          ${ORDERS.map((what, i) => html`<${Picture} what=${what} curve=${curve} lines=${lines} x=${x} y=${read[what]} move=${move} spoken=${spoken} last=${i === ORDERS.length - 1} />`)}
          <${TableBehind} title=${say("curves.table")} heads=${[nameOfX(curve), ...ORDERS.map((what) => say(`order.${what}`)), ...besides.map((line) => line.name)]}
            rows=${() => linspace(curve.x.from, curve.x.to, 21).map((at) => [at, ...ORDERS.map((what) => along(curve, what, others, own)(at)), ...besides.map((line) => line.f("value")(at))].map((y) => show(y)))} />
        </div>
        <div class="controls">
          ${forms.length > 1 && html`<${Choices} label=${say("form.title")} value=${chosenForm()} onChoose=${chooseCurve}
            choices=${forms.map(([name, c]) => [name, formName(c)])} />`}
          ${curve.others.map((view) => html`<${Slider} key=${view.name} label=${inputName(view.name)} name=${view.name === "target" ? say("input.target") : view.name} letter=${view.name === "target" ? "y" : ""} view=${view} value=${numberOf(view)} onMove=${(v) => setNumber(view, v)} />`)}
          ${data.choices.map((choice) => html`<${Words} key=${choice.name} choice=${choice} value=${curve.words[choice.name]} />`)}
          ${data.parameters.filter((view) => !curve.idle.includes(view.name)).map((view) => html`<${Slider} key=${view.name} label=${html`<code lang="en">${view.name}</code>`} name=${view.name} letter=${view.letter} view=${view} value=${numberOf(view)} onMove=${(v) => setNumber(view, v)} />`)}
          ${curve.kind === "composed" && html`<p class="note">${say("loss.composed")}</p>`}
          <${CallLine} curve=${curve} own=${own} />
          <dl class="readout" aria-label=${say("probe.title")}>
            <div><dt>${nameOfX(curve)}</dt><dd>${show(x)}</dd></div>
            ${ORDERS.map((what) => html`<div class=${what}><dt>${say(`order.${what}`)}</dt><dd id=${`probe-${what}`}>${show(read[what], 4)}</dd></div>`)}
          </dl>
          <${Beside} curve=${curve} besides=${besides} x=${x} />
          ${curve.kind === "samplewise" && html`<p class="note">${say("curves.components")} <code lang="en">${sampleText(curve)}</code></p>`}
          ${curve.kind === "softmax" && html`<p class="note">${say("curves.classes")}</p>`}
        </div>
      </div>
    </section>
  `;
}

// What is heard of a place.
const saidAt = (x, at) => say("probe.said", { x: show(x), ...at });

// A parameter that is a word or a flag; each word has a formula of its own.
const Words = ({ choice, value, prefix = "" }) => html`<${Choices} label=${html`<code lang="en">${choice.name}</code>`} value=${value}
  onChoose=${(chosen) => chooseWord(choice, chosen, prefix)} choices=${choice.words.map((each) => [each, html`<code lang="en">${each}</code>`])} />`;

// The sample of a curve along components: prediction = (x, 0.8); target = (1, 0).
function sampleText(curve) {
  const values = (name, row) => row.map((x, i) => (name === curve.along && i === 0 ? "x" : show(x))).join(", ");
  return Object.entries(curve.components).map(([name, row]) => `${name} = (${values(name, row)})`).join("; ");
}

const twoLabels = (curve) => curve.others.some((view) => view.name === "target" && view.low === 0 && view.high === 1);

// The lines of a picture: this loss, the same for each label, and others beside it.
function linesOf(curve, own, others) {
  const lines = [];
  if (twoLabels(curve)) {
    for (const y of [0, 1]) if (others.target !== y) lines.push({ className: "curve label", name: `y = ${y}`, known: JSON.stringify([curve.key, y, others, own]), f: (what) => along(curve, what, { ...others, target: y }, own) });
  }
  curvesBeside(curve).forEach((other, i) => {
    const set = parametersBeside(other.loss);
    lines.push({ className: `curve beside b${i}`, name: inLanguage(other.title), loss: other.loss, curve: other, known: JSON.stringify([other.key, others, set]), f: (what) => along(other, what, others, set) });
  });
  lines.push({ className: "curve own", name: inLanguage(data.title), known: JSON.stringify([curve.key, others, own]), f: (what) => along(curve, what, others, own) });
  return lines;
}

function Picture({ what, curve, lines, x, y, move, spoken, last }) {
  const view = curve.x;
  const functions = lines.map((line) => ({ ...line, f: line.f(what) }));
  const range = useMemo(() => rangeOf(functions, view, what), [lines.map((line) => line.known).join()]);
  return html`
    <${Plot} label=${say("curves.picture", { what: say(`order.${what}`), name: inLanguage(data.title) })} x=${[view.from, view.to]} y=${range}
      height=${what === "value" ? 262 : last ? 162 : 126} xLabel=${last ? nameOfX(curve) : what === "value" ? "" : null} yLabel=${what === "curvature" && curve.kind === "composed" ? say("curves.differences") : say(`order.${what}`)} onMove=${move}>
      ${(scales) => html`
        <line class="probe" x1=${scales.sx(x)} x2=${scales.sx(x)} y1=${scales.top} y2=${scales.bottom} />
        ${functions.map((line) => html`<${Curve} key=${line.className} f=${line.f} known=${line.known} scales=${scales} className=${line.className} />`)}
        ${what === "gradient" && Number.isFinite(y) && html`<line class="stem" clip-path=${scales.clip} x1=${scales.sx(x)} x2=${scales.sx(x)} y1=${scales.sy(0)} y2=${scales.sy(y)} />`}
        ${what === "value"
          ? html`<${Handle} label=${nameOfX(curve)} value=${x} low=${view.from} high=${view.to} text=${spoken} scale=${scales.sx} onMove=${move}
              at=${[scales.sx(x), Number.isFinite(y) ? Math.min(Math.max(scales.sy(y), scales.top), scales.bottom) : scales.top]} className="own" />`
          : Number.isFinite(y) && y <= range[1] && y >= range[0] && html`<circle class="dot" cx=${scales.sx(x)} cy=${scales.sy(y)} r="4" />`}
      `}
    <//>
  `;
}

// Return round ends of an axis that shows most of the lines; the far ends of those that grow without bound are cut off.
function rangeOf(lines, view, what) {
  const found = [];
  for (const line of lines) {
    if (line.className.endsWith("label")) continue;
    for (const x of linspace(view.from, view.to, 81)) {
      const y = line.f(x);
      if (Number.isFinite(y)) found.push(y);
    }
  }
  if (!found.length) return [-1, 1];
  found.sort((a, b) => a - b);
  const at = (share) => found[Math.round(share * (found.length - 1))];
  const spread = Math.max(at(0.95) - at(0.05), 1e-9 * Math.abs(at(0.5)), 1e-12);
  let low = Math.max(found[0], at(0.05) - 0.6 * spread), high = Math.min(found.at(-1), at(0.95) + 0.6 * spread);
  if (low > 0 && low < 0.6 * high) low = 0;
  if (high < 0 && high > 0.6 * low) high = 0;
  if (what !== "value") [low, high] = [Math.min(low, 0), Math.max(high, 0)];
  if (high - low < 1e-9) [low, high] = [Math.min(low, 0) - (low > -1e-9 ? 0.5 : 0), Math.max(high, 0) + (high < 1e-9 ? 0.5 : 0)]; // flat, but for rounding
  const step = niceStep(high - low, 4);
  const pad = 0.04 * (high - low);
  return [Math.floor((low - pad) / step) * step === 0 || low - pad >= 0 ? Math.floor(low / step) * step - pad : low - pad, Math.ceil((high + pad) / step) * step];
}

// The name of an input: a word for the usual ones, else as the code has it.
export const inputName = (name) => (name === "target" || name === "prediction" ? say(`input.${name}`) : html`<code lang="en">${name}</code>`);
const formName = (curve) => (curve.given && curve.linked ? say(`form.${curve.given}`) : inputName(curve.along));

// The name of the axis, as plain text.
export function nameOfX(curve) {
  if (curve.kind === "composed") return "x";
  if (curve.kind === "samplewise") return `${curve.along}[0]`;
  if (curve.along !== "prediction") return curve.given && curve.linked ? say(`form.${curve.given}`) : curve.along;
  return curve.given ? say("axis.given", { form: say(`form.${curve.given}`) }) : say("input.prediction");
}

// The call in Python with the numbers of the sliders: what changes is marked.
function CallLine({ curve, own }) {
  if (curve.call) return html`<pre class="call"><code lang="en">${curve.call.slice(0, -1)}${wordsIn(curve).map(marked)})</code></pre>`;
  const numbers = data.parameters.filter((view) => !curve.idle.includes(view.name)).map((view) => [view.name, show(own[view.name], 4).replace("−", "-"), own[view.name] !== view.start]);
  const given = curve.given && curve.given !== data.given[0] ? [["given", `"${curve.given}"`, false]] : [];
  return html`
    <pre class="call" aria-label=${say("call.title")}><code lang="en">lossary.${data.name}(<wbr />${data.inputs.join(", ")}${[...numbers, ...wordsIn(curve), ...given].map(marked)})</code></pre>
  `;
}

const marked = ([name, text, changed]) => html`, ${name}=<mark class=${changed ? "changed" : ""}>${text}</mark>`;
const wordsIn = (curve) => data.choices.map(({ name, words, code }) => [name, code[words.indexOf(curve.words[name])], curve.words[name] !== words[0]]);

// Other losses to lay beside this one, each with its own parameters.
function Beside({ curve, besides, x }) {
  const candidates = data.others.filter((other) => other.plane === curve.plane);
  if (!curve.plane || !candidates.length) return null;
  const chosen = beside().filter((name) => candidates.some((other) => other.loss === name));
  return html`
    <div class="beside-list">
      <label for="beside">${say("beside.title")}</label>
      <select id="beside" value="" disabled=${chosen.length > 2} onChange=${(event) => { if (event.target.value) setBeside([...chosen, event.target.value]); event.target.value = ""; }}>
        <option value="">${say("beside.choose")}</option>
        ${candidates.filter((other) => !chosen.includes(other.loss)).map((other) => html`<option value=${other.loss}>${inLanguage(other.title)}</option>`)}
      </select>
      <ul class="legend">
        ${besides.map((line, i) => html`
          <li class=${`b${i}`} key=${line.loss}>
            <span class="swatch"></span><a href=${link(line.loss)}>${line.name}</a> <span class="number" id=${`beside-${line.loss}`}>${show(line.f("value")(x), 4)}</span>
            <button type="button" class="quiet" aria-label=${say("beside.remove", { name: line.name })} onClick=${() => setBeside(chosen.filter((name) => name !== line.loss))}>×</button>
            <${OwnOf} line=${line} />
          </li>`)}
      </ul>
    </div>
  `;
}

// What a loss beside this one is set to.
function OwnOf({ line: { loss, name, curve } }) {
  const { choices, sliders } = data.beside[loss];
  const own = parametersBeside(loss), prefix = `${loss}.`;
  const shown = sliders.filter((view) => !curve.idle.includes(view.name));
  if (!choices.length && !shown.length) return null;
  return html`
    <div class="compact">
      ${choices.map((choice) => html`<${Words} choice=${choice} value=${curve.words[choice.name]} prefix=${prefix} />`)}
      ${shown.map((view) => html`<${Slider} key=${view.name} id=${prefix + view.name} label=${html`<code lang="en">${view.name}</code>`} name=${say("beside.parameter", { name, parameter: view.name })}
        view=${view} value=${own[view.name]} onMove=${(x) => setNumber(view, x, prefix + view.name)} />`)}
    </div>
  `;
}

// The words of cases in the language of the reader.
const inWords = (markup) => markup.replaceAll(/<mtext>(if|otherwise|where)(&#x000A0;)?<\/mtext>/g, (_, word, space = "") => `<mtext>${say(`case.${word}`)}${space}</mtext>`);

// The formula of the chosen curve.
export function Formula() {
  const curve = chosenCurve();
  if (!curve.formula) return null;
  return html`
    <div class="formulas">
      ${ORDERS.map((what) => html`
        <figure class=${`formula ${what}`}>
          <figcaption>${say(`order.${what}`)}</figcaption>
          ${curve.formula[what] ? html`<${Markup} class="math" of=${inWords(curve.formula[what])} tabindex="0" role="group" aria-label=${say(`order.${what}`)} />` : html`<p class="note">${say("formula.long")}</p>`}
        </figure>`)}
    </div>
  `;
}
