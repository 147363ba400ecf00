// What the loss makes of data: a few numbers to drag, and the constant prediction with the least mean loss.
import { html } from "../kit/view.js";
import { data } from "../kit/page.js";
import { say, inLanguage } from "../kit/messages.js";
import { announce } from "../kit/live.js";
import { fixed, linspace, show } from "../kit/numbers.js";
import { keep, kept, numbers } from "../kit/state.js";
import { Plot } from "../kit/plot.js";
import { Curve, Handle } from "../kit/marks.js";
import { TableBehind } from "../kit/controls.js";
import { along } from "./functions.js";
import { parameters } from "./chosen.js";
import { mean, median, minimise } from "./minimise.js";

const VIEWS = { real: [-2, 16], positive: [0, 16], shifted: [0, 16], probability: [0, 1] };
// Constants are sought in the form in which they have the unit of the target.
export const estimated = data.curves.find((curve) => curve.plane in VIEWS && data.minimizer !== "mode");

export function Estimate() {
  if (!estimated) return null;
  const [low, high] = VIEWS[estimated.plane];
  const ofLabels = estimated.plane === "probability";
  const first = ofLabels ? [0, 0, 1, 1, 1] : [1, 1.5, 2, 2.5, 3];
  const least = ofLabels ? 0 : Math.max(low, estimated.x.from);
  const points = kept("data", first, numbers).slice(0, 12).map((x) => Math.min(Math.max(x, least), high));
  const set = (next) => {
    keep("data", next, first, numbers);
    announce(consequence(first, next, own));
  };
  const own = parameters();
  const cost = costOf(points, own);
  const found = estimatesOf(points, own);
  const top = Math.max(1e-9, quantile(linspace(Math.max(low, estimated.x.from), Math.min(high, estimated.x.to === 8 || estimated.x.to === 5 ? high : estimated.x.to), 61).map(cost).filter(Number.isFinite), 0.9));
  const bottom = Math.min(0, cost(found.own) || 0);
  const name = inLanguage(data.title);
  const strip = points.length * 24 + 14;
  return html`
    <section class="estimate" aria-labelledby="estimate-title">
      <h2 id="estimate-title">${say("estimate.title")}</h2>
      <p class="lead">${say("estimate.lead", { name })}</p>
      <div class="two">
        <div class="pictures">
          <${Plot} label=${say("estimate.points")} x=${[low, high]} height=${strip} xLabel=${null}>
            ${(scales) => html`
              <${Rules} found=${found} scales=${scales} />
              ${points.map((x, i) => html`
                <line class="thread" x1=${scales.sx(low)} x2=${scales.sx(high)} y1=${18 + 24 * i} y2=${18 + 24 * i} />
                <${Handle} key=${i} label=${say("estimate.point", { number: i + 1 })} value=${x} low=${least} high=${high} step=${ofLabels ? 0.05 : 0.1}
                  text=${`${fixed(x, 2)}; ${consequence(first, points, own)}`} at=${[scales.sx(x), 18 + 24 * i]} scale=${scales.sx} className="point"
                  onMove=${(next) => set(points.map((old, k) => (k === i ? next : old)))} />`)}
            `}
          <//>
          <${Plot} label=${say("estimate.cost", { name })} x=${[low, high]} y=${[bottom, bottom + 1.15 * (top - bottom)]} height=${200} xLabel=${say("estimate.constant")} yLabel=${say("estimate.mean-loss")}>
            ${(scales) => html`
              <${Rules} found=${found} scales=${scales} named />
              <${Curve} f=${cost} scales=${scales} className="curve own" />
              ${Number.isFinite(found.own) && html`<circle class="dot" cx=${scales.sx(found.own)} cy=${Math.max(scales.top, scales.sy(cost(found.own)))} r="6" />`}
            `}
          <//>
          <${TableBehind} title=${say("estimate.cost", { name })} heads=${[say("estimate.constant"), say("estimate.mean-loss")]}
            rows=${() => linspace(low, high, 19).map((c) => [show(c), show(cost(c))])} />
        </div>
        <div class="controls">
          <dl class="estimates">
            <div class="own"><dt>${say("estimate.own", { name })}</dt><dd id="estimate-own">${fixed(found.own)}</dd></div>
            <div class="median"><dt>${say("minimizer.median")}</dt><dd id="estimate-median">${fixed(found.median)}</dd></div>
            <div class="mean"><dt>${say("minimizer.mean")}</dt><dd id="estimate-mean">${fixed(found.mean)}</dd></div>
          </dl>
          <p class="consequence">${consequence(first, points, own)}</p>
          <div class="buttons">
            ${!ofLabels && html`<button type="button" onClick=${() => set([...points.slice(0, -1), high - 1])}>${say("estimate.outlier")}</button>`}
            <button type="button" disabled=${points.length > 11} onClick=${() => set([...points, ofLabels ? 1 : 2])}>${say("estimate.add")}</button>
            <button type="button" disabled=${points.length < 2} onClick=${() => set(points.slice(0, -1))}>${say("estimate.remove")}</button>
          </div>
          <p class="note">${data.minimizer ? say("estimate.is", { what: say(`minimizer.${data.minimizer}`) }) : say("estimate.numeric")}</p>
        </div>
      </div>
    </section>
  `;
}

const quantile = (values, share) => [...values].sort((a, b) => a - b)[Math.floor(share * (values.length - 1))] ?? 1;

function costOf(points, own) {
  const terms = points.map((y) => along(estimated, "value", { target: y }, own));
  return (c) => mean(terms.map((term) => term(c)));
}

function estimatesOf(points, own) {
  const [low, high] = VIEWS[estimated.plane];
  const least = estimated.x.open ? Math.max(low, estimated.x.low + 1e-9) : Math.max(low, estimated.x.low);
  return { own: minimise(costOf(points, own), least, high, points), mean: mean(points), median: median(points) };
}

// The sentence of the live region: how each estimate has moved since the points were as at first.
function consequence(before, after, own) {
  const [a, b] = [estimatesOf(before, own), estimatesOf(after, own)];
  const moved = (x, y) => `${fixed(x, 1)} → ${fixed(y, 1)}`;
  return say("estimate.consequence", { median: moved(a.median, b.median), mean: moved(a.mean, b.mean), own: moved(a.own, b.own), name: inLanguage(data.title) });
}

// Where the estimates lie: this loss's own, the mean and the median.
function Rules({ found, scales, named = false }) {
  return ["own", "mean", "median"].map((key) => Number.isFinite(found[key]) && html`
    <line class=${`rule ${key}`} x1=${scales.sx(found[key])} x2=${scales.sx(found[key])} y1=${named ? scales.top : 0} y2=${named ? scales.bottom : scales.bottom + 6} />`);
}
