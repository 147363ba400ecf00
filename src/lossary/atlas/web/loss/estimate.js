// What the loss makes of data: a few numbers to drag, and the constant predictions with the least mean loss.
import { html, useMemo } from "../kit/view.js";
import { data } from "../kit/page.js";
import { say, inLanguage } from "../kit/messages.js";
import { announce } from "../kit/live.js";
import { clamp, fixed, linspace, show } from "../kit/numbers.js";
import { slide } from "../kit/scale.js";
import { keep, kept, numbers } from "../kit/state.js";
import { Plot } from "../kit/plot.js";
import { Curve, Handle } from "../kit/marks.js";
import { TableBehind } from "../kit/controls.js";
import { costOf, estimatesOf } from "./constants.js";
import { inputName } from "./curves.js";
import { parameters, withWords } from "./chosen.js";

const sought = data.estimate;
const ROW = 24;

export const Estimate = () => sought && html`<${Estimated} />`;

function Estimated() {
  const { first, least, step, axis: [low, high], labels, predictions } = sought;
  const points = kept("data", first, numbers).slice(0, 12).map((x) => snapped(x));
  const curve = withWords(data.curves.find((each) => each.given === sought.given));
  const own = parameters(), name = inLanguage(data.title);
  const before = useMemo(() => estimatesOf(sought, curve, first, own), [curve, JSON.stringify(own)]);
  const found = String(points) === String(first) ? before : estimatesOf(sought, curve, points, own);
  const consequence = consequenceOf(before, found);
  const set = (next) => {
    keep("data", next, first, numbers);
    announce(() => consequenceOf(before, estimatesOf(sought, curve, next, own)));
  };
  const cost = costOf(curve, points, own);
  const span = labels ? [-0.1, 1.1] : [low, high];
  const several = predictions.length > 1;
  return html`
    <section class="estimate" aria-labelledby="estimate-title">
      <h2 id="estimate-title">${say("estimate.title")}</h2>
      <p class="lead">${say(several ? "estimate.lead-several" : labels && step === 1 ? "estimate.lead-labels" : "estimate.lead", { name })}</p>
      <div class="two">
        <div class="pictures">
          <${Plot} label=${say("estimate.points")} x=${span} height=${points.length * ROW + (isScore ? 48 : 14)} xLabel=${isScore ? say("input.target") : null} xTicks=${isScore ? [0, 1] : null}>
            ${(scales) => html`
              <${Band} constants=${found.constants} scales=${scales} />
              ${isScore ? null : html`<${Rules} found=${found} scales=${scales} />`}
              ${points.map((x, i) => html`
                <line class="thread" x1=${scales.sx(span[0])} x2=${scales.sx(span[1])} y1=${18 + ROW * i} y2=${18 + ROW * i} />
                <${Handle} key=${i} label=${say("estimate.point", { number: i + 1 })} value=${x} low=${least} high=${high} step=${step}
                  text=${`${fixed(x, step < 1 ? 2 : 0)}; ${consequence}`} at=${[scales.sx(x), 18 + ROW * i]} scale=${scales.sx} className="point"
                  onMove=${(next) => set(points.map((old, k) => (k === i ? next : old)))} />`)}
            `}
          <//>
          ${predictions.map((view, i) => html`<${Cost} key=${view.name} view=${view} i=${i} found=${found} cost=${cost} name=${name} span=${several || isScore ? null : span} />`)}
        </div>
        <div class="controls">
          <dl class="estimates">
            ${several
              ? predictions.map((view, i) => html`<div class="own"><dt>${say("estimate.own-of", { name })} ${inputName(view.name)}</dt><dd id=${`estimate-${view.name}`}>${shown(found.constants[i])}</dd></div>`)
              : html`<div class="own"><dt>${say("estimate.own", { name })}</dt><dd id="estimate-own">${shown(found.constants[0])}</dd></div>`}
            ${isScore
              ? html`<div class="mean"><dt>${say("estimate.share")}</dt><dd>${shown(found.mean)}</dd></div>`
              : html`<div class="median"><dt>${say("minimizer.median")}</dt><dd id="estimate-median">${shown(found.median)}</dd></div>
                <div class="mean"><dt>${say("minimizer.mean")}</dt><dd id="estimate-mean">${shown(found.mean)}</dd></div>`}
          </dl>
          <p class="consequence">${consequence}</p>
          <div class="buttons">
            ${!labels && html`<button type="button" onClick=${() => set([...points.slice(0, -1), high - 1])}>${say("estimate.outlier")}</button>`}
            <button type="button" disabled=${points.length > 11} onClick=${() => set([...points, labels ? 1 : 2])}>${say(labels ? "estimate.add-label" : "estimate.add")}</button>
            <button type="button" disabled=${points.length < 2} onClick=${() => set(points.slice(0, -1))}>${say("estimate.remove")}</button>
          </div>
          <p class="note">${noteOf()}</p>
        </div>
      </div>
    </section>
  `;
}

const isScore = sought && sought.labels && sought.step === 1;
const snapped = (x) => clamp(sought.step === 1 ? Math.round(x) : x, sought.least, sought.axis[1]);
const shown = (x) => (Math.abs(x) < 0.1 && x !== 0 ? show(x) : fixed(x));
const NOTED = ["gaussian", "laplace", "lognormal", "interval_score", "hinge", "exponential", "squared_hinge", "modified_huber", "perceptron"];

function noteOf() {
  if (NOTED.includes(data.name)) return say(`best.${data.name}`);
  return data.minimizer ? say("estimate.is", { what: say(`minimizer.${data.minimizer}`) }) : say("estimate.numeric");
}

const quantile = (values, share) => [...values].sort((a, b) => a - b)[Math.floor(share * (values.length - 1))] ?? 1;

// The mean loss over one of the constants, the other being at its best.
function Cost({ view, i, found, cost, name, span }) {
  const [low, high] = span ?? (view.log ? [0, spreadOf(found.constants[i])] : [view.low, view.high]);
  const one = (c) => (c < view.low || c > view.high ? NaN : cost(...found.constants.map((other, k) => (k === i ? c : other))));
  const values = linspace(low, high, 61).map(one).filter(Number.isFinite);
  const at = found.constants[i], reached = one(at);
  const several = sought.predictions.length > 1;
  const bottom = Math.min(several ? Math.min(...values) : 0, reached || 0);
  const top = Math.max(bottom + 1e-9, quantile(values, several ? 0.75 : 0.9));
  const label = several ? say("estimate.cost-over", { name, constant: view.name }) : say("estimate.cost", { name });
  return html`
    <${Plot} label=${label} x=${[low, high]} y=${[bottom - (several ? 0.1 * (top - bottom) : 0), bottom + 1.15 * (top - bottom)]} height=${several ? 160 : 200}
      xLabel=${several ? view.name : say(isScore ? "estimate.score" : "estimate.constant")} yLabel=${say("estimate.mean-loss")}>
      ${(scales) => html`
        ${span ? html`<${Rules} found=${found} scales=${scales} named />` : Number.isFinite(at) && html`<line class="rule own" x1=${scales.sx(at)} x2=${scales.sx(at)} y1=${scales.top} y2=${scales.bottom} />`}
        <${Curve} f=${one} scales=${scales} className="curve own" />
        ${Number.isFinite(reached) && html`<circle class="dot" cx=${scales.sx(at)} cy=${Math.max(scales.top, scales.sy(reached))} r="6" />`}
      `}
    <//>
    <${TableBehind} title=${label} heads=${[several ? view.name : say("estimate.constant"), say("estimate.mean-loss")]}
      rows=${() => linspace(low, high, 19).map((c) => [show(c), show(one(c))])} />
  `;
}

// A round end of an axis that begins at zero and holds a spread with room beside it.
const spreadOf = (x) => [1, 2, 5, 10, 20, 50, 100].find((end) => end > 2 * x) ?? 100;

// The sentence of the live region: how each estimate has moved since the points were as at first, or where it is.
function consequenceOf(a, b) {
  const places = (x, y) => (Math.max(Math.abs(x), Math.abs(y)) <= 1 ? 2 : 1);
  const moved = (x, y) => (a === b ? fixed(x, places(x, x)) : `${fixed(x, places(x, y))} → ${fixed(y, places(x, y))}`);
  const own = sought.predictions.map(({ name }, i) => `${sought.predictions.length > 1 ? `${name} ` : ""}${moved(a.constants[i], b.constants[i])}`).join(", ");
  const name = inLanguage(data.title);
  if (isScore) return say("estimate.consequence-labels", { share: moved(a.mean, b.mean), own, name });
  return say("estimate.consequence", { median: moved(a.median, b.median), mean: moved(a.mean, b.mean), own, name });
}

// Where the estimates lie: this loss's own, the mean and the median.
function Rules({ found, scales, named = false }) {
  const places = { mean: found.mean, median: found.median, ...(sought.predictions.length > 1 ? {} : { own: found.constants[0] }) };
  return Object.entries(places).map(([key, x]) => Number.isFinite(x) && html`
    <line class=${`rule ${key}`} x1=${scales.sx(x)} x2=${scales.sx(x)} y1=${named ? scales.top : 0} y2=${named ? scales.bottom : scales.bottom + 6} />`);
}

// What two constants say of the numbers: an interval, or a location and one scale to both sides.
const ENDS = {
  bounds: ([lower, upper]) => [lower, upper],
  scale: ([location, scale]) => [location - scale, location + scale, location],
  variance: ([mean, variance]) => [mean - Math.sqrt(variance), mean + Math.sqrt(variance), mean],
  log: ([location, scale]) => [Math.exp(location - scale), Math.exp(location + scale), Math.exp(location)],
};

function Band({ constants, scales }) {
  if (!(sought.band in ENDS)) return null;
  const [a, b, centre] = ENDS[sought.band](constants);
  const [left, right] = [Math.min(a, b), Math.max(a, b)].map((x) => scales.sx(clamp(x, scales.sx.low, scales.sx.high)));
  return html`
    <rect class="band" x=${left} width=${Math.max(0, right - left)} y="0" height=${scales.bottom} />
    ${centre !== undefined && html`<line class="rule own" x1=${scales.sx(centre)} x2=${scales.sx(centre)} y1="0" y2=${scales.bottom} />`}
  `;
}
