// Gradient descent for a line: its place on the surface of the cost, its cost over the steps, and what fails.
import { html, useEffect, useMemo, useState } from "../kit/view.js";
import { data } from "../kit/page.js";
import { inLanguage, say } from "../kit/messages.js";
import { announce } from "../kit/live.js";
import { clamp, fixed, linspace, show } from "../kit/numbers.js";
import { keep, kept, number, word } from "../kit/state.js";
import { Plot } from "../kit/plot.js";
import { Handle, Point } from "../kit/marks.js";
import { Choices, Slider, TableBehind } from "../kit/controls.js";
import { link } from "../kit/frame.js";
import { grid, levelPath, levelsOf } from "./levels.js";
import { costOf, descend, fitLine, gradientOf, SCHEDULES } from "./line.js";
import { A, B, descended, MOMENTUM, parameter, points, RATE, set, setStart, settings, start, STEPS, termsOf, X, Y } from "./chosen_line.js";
import { segment } from "./lines.js";

const AS = linspace(A[0], A[1], 49), BS = linspace(B[0], B[1], 49);
const ENDS = [-4.5, 4.5];
const through = ([left, right]) => [(left + right) / 2, (right - left) / (ENDS[1] - ENDS[0])];
const SETTINGS = {
  circles: { of: "absolute_error", rate: 1, at: 100 },
  falls: { of: "absolute_error", rate: 1, schedule: "decaying", steps: 400, at: 400 },
  arrives: { of: "squared_error", rate: 0.05, at: 100 },
  overshoots: { of: "squared_error", rate: 0.155, at: 12 },
  huber: { of: "huber", rate: 0.2, steps: 200, at: 200 },
  far: { of: "tukey", line: "8,0", rate: 1, at: 100 },
};

export function Descent() {
  const loss = descended(), pairs = points(), terms = termsOf(loss, pairs);
  const chosen = settings(), begin = start();
  const key = JSON.stringify([loss.loss, loss.sliders.map((view) => parameter(loss, view)), pairs]);
  const surface = useMemo(() => {
    const values = grid((a, b) => costOf(terms, [a, b]), AS, BS);
    return { values, levels: levelsOf(values, 12), best: fitLine(terms) };
  }, [key]);
  const { path, costs } = useMemo(() => descend((line) => gradientOf(terms, line), (line) => costOf(terms, line), begin, chosen), [key, JSON.stringify([begin, chosen])]);
  const last = path.length - 1;
  const at = clamp(Math.round(kept("at", 0, number)), 0, last);
  const go = (step) => {
    const next = clamp(Math.round(step), 0, last);
    keep("at", next, 0, number);
    announce(saidAt(next));
  };
  const saidAt = (step) => say("descent.said", { step, cost: show(costs[step], 4), slope: show(Math.hypot(...gradientOf(terms, path[step])), 3) });
  const line = path[at], heights = ENDS.map((x) => line[0] + line[1] * x);
  return html`
    <section aria-labelledby="descent-title" id="descent">
      <h2 id="descent-title">${say("descent.title")}</h2>
      <p class="lead">${say("descent.lead")}</p>
      <${Presets} />
      <div class="pair">
        <div>
          <${Plot} label=${say("descent.line")} x=${X} y=${Y} height=${330} xLabel="x" yLabel=${say("descent.line")}>
            ${(scales) => html`
              ${surface.best && html`<line class="fit best" ...${segment(surface.best, scales)} />`}
              <line class="fit current" ...${segment(line, scales)} />
              ${ENDS.map((x, k) => html`<${Handle} key=${k} label=${say("descent.end", { number: k + 1 })} value=${clamp(heights[k], ...Y)} low=${Y[0]} high=${Y[1]} step=${0.1} vertical scale=${scales.sy} radius=${6} className="own"
                text=${say("descent.start-at", { intercept: fixed(line[0], 1), slope: fixed(line[1], 1) })} at=${[scales.sx(x), scales.sy(clamp(heights[k], ...Y))]} onMove=${(y) => setStart(through(k ? [heights[0], y] : [y, heights[1]]))} />`)}
              ${pairs.map(([x, y]) => html`<circle class="sample" cx=${scales.sx(x)} cy=${scales.sy(y)} r="4.5" />`)}
            `}
          <//>
        </div>
        <div>
          <${Plot} label=${say("descent.surface", { name: inLanguage(loss.title) })} x=${A} y=${B} height=${330} xLabel=${say("lines.intercept")} yLabel=${say("descent.slope-axis")}>
            ${(scales) => html`
              <${Levels} surface=${surface} scales=${scales} />
              <path class="trail" clip-path=${scales.clip} d=${path.slice(0, at + 1).map(([a, b], i) => `${i ? "L" : "M"}${near(scales.sx(a))},${near(scales.sy(b))}`).join("")} />
              ${at > 0 && html`<circle class="here" clip-path=${scales.clip} cx=${near(scales.sx(line[0]))} cy=${near(scales.sy(line[1]))} r="6" />`}
              ${surface.best && html`<path class="truth" clip-path=${scales.clip} d=${cross(scales.sx(surface.best[0]), scales.sy(surface.best[1]))} />`}
              <${Point} label=${say("descent.start")} value=${begin} scales=${scales} step=${0.1} radius=${6} text=${say("descent.start-at", { intercept: fixed(begin[0], 1), slope: fixed(begin[1], 1) })} onMove=${setStart} />
            `}
          <//>
        </div>
      </div>
      <${Costs} costs=${costs} at=${at} go=${go} said=${saidAt(at)} />
      <${Player} at=${at} last=${last} go=${go} />
      <p class="consequence" id="descent-said">${saidAt(at)}; ${verdict(costs, chosen, surface.best ? costOf(terms, surface.best) : NaN, Math.hypot(...gradientOf(terms, path[last])))}</p>
      <div class="controls across">
        <${Choices} label=${say("descent.loss")} value=${loss.loss} onChoose=${(name) => { keep("at", 0, 0, number); keep("of", name, "squared_error", word); }} choices=${data.losses.map((each) => [each.loss, inLanguage(each.title)])} />
        <${Choices} label=${say("descent.schedule")} value=${chosen.schedule} onChoose=${(name) => { keep("at", 0, 0, number); keep("schedule", name, "fixed", word); }} choices=${Object.keys(SCHEDULES).map((name) => [name, say(`schedule.${name}`)])} />
        <${Slider} label=${say("descent.rate")} letter="η" view=${RATE} value=${chosen.rate} onMove=${(x) => set(RATE, x)} />
        <${Slider} label=${say("descent.momentum")} letter="μ" view=${MOMENTUM} value=${chosen.momentum} onMove=${(x) => set(MOMENTUM, x)} />
        <${Slider} label=${say("descent.steps")} view=${STEPS} value=${chosen.steps} onMove=${(x) => set(STEPS, Math.round(x))} />
      </div>
      <${TableBehind} title=${say("descent.table")} heads=${[say("descent.step"), say("lines.intercept"), say("lines.slope"), say("lines.cost")]}
        rows=${() => path.map(([a, b], i) => [i, show(a, 6), show(b, 6), show(costs[i], 6)])} />
    </section>
  `;
}

const near = (pixel) => clamp(pixel, -4000, 4000).toFixed(1);
const cross = (x, y) => `M${near(x - 6)},${near(y)}h12M${near(x)},${near(y - 6)}v12`;

function Levels({ surface, scales }) {
  const paths = useMemo(() => surface.levels.map((level) => levelPath(surface.values, AS, BS, level, scales.sx, scales.sy)), [surface, scales.sx.to, scales.sy.from]);
  return paths.map((d, k) => html`<path class="level" clip-path=${scales.clip} d=${d} style=${`opacity:${0.85 - 0.055 * k}`} />`);
}

function Presets() {
  const sure = Object.fromEntries(["xy", "huber.delta"].flatMap((name) => { const text = kept(name, "", word); return text ? [[name, text]] : []; }));
  return html`
    <nav class="presets" aria-label=${say("descent.presets")}>
      ${Object.entries(SETTINGS).map(([name, state]) => html`<a href=${link("regression", { ...sure, ...state })}>${say(`preset.${name}`)}</a>`)}
      <a href=${link("classification", { z: -8 })}>${say("preset.stalls")}</a>
    </nav>
  `;
}

// What became of the descent, from its last costs and the least cost that there is.
function verdict(costs, { steps }, least, slope) {
  const end = costs.at(-1);
  if (costs.length <= steps || !(end <= 10 * costs[0] + 1e-9)) return say("verdict.diverges");
  const last = costs.slice(-20), low = Math.min(...last), high = Math.max(...last);
  if (end - least < 1e-4 * (1 + Math.abs(least))) return say("verdict.arrives");
  if (slope < 1e-9) return say("verdict.stalls", { least: show(least) });
  if (high - least < 0.01 * (1 + Math.abs(least))) return say("verdict.settles", { apart: show(high - least, 2) });
  const rises = last.filter((cost, i) => i && cost > last[i - 1] + 1e-9).length;
  if (rises > 4) return say("verdict.circles", { low: show(low), high: show(high), least: show(least) });
  return say("verdict.underway", { least: show(least) });
}

function Costs({ costs, at, go, said }) {
  const finite = costs.filter(Number.isFinite);
  const high = Math.max(1e-9, Math.min(Math.max(...finite), 3 * costs[0] || Infinity));
  const last = Math.max(1, costs.length - 1);
  const every = Math.max(1, Math.floor(costs.length / 600));
  return html`
    <${Plot} label=${say("descent.costs")} x=${[0, last]} y=${[Math.min(0, ...finite), 1.05 * high]} height=${150} xLabel=${say("descent.step")} yLabel=${say("lines.cost")}>
      ${(scales) => html`
        <path class="curve own" fill="none" clip-path=${scales.clip} d=${finite.map((cost, i) => (i % every ? "" : `${i ? "L" : "M"}${scales.sx(i).toFixed(1)},${near(scales.sy(cost))}`)).join("")} />
        <${Handle} label=${say("descent.step")} value=${at} low=${0} high=${costs.length - 1} step=${1} text=${said} scale=${scales.sx} onMove=${go} className="own"
          at=${[scales.sx(at), clamp(scales.sy(costs[at]), scales.top, scales.bottom) || scales.top]} />
      `}
    <//>
  `;
}

function Player({ at, last, go }) {
  const [playing, setPlaying] = useState(false);
  useEffect(() => {
    if (!playing) return undefined;
    if (at >= last) {
      setPlaying(false);
      return undefined;
    }
    const timer = setTimeout(() => go(at + 1), last > 150 ? 30 : 70);
    return () => clearTimeout(timer);
  }, [playing, at, last]);
  const play = () => {
    if (!playing && at >= last) go(0);
    setPlaying(!playing);
  };
  return html`
    <div class="buttons player">
      <button type="button" onClick=${() => go(0)} disabled=${at === 0}>${say("play.first")}</button>
      <button type="button" onClick=${() => { setPlaying(false); go(at - 1); }} disabled=${at === 0}>${say("play.back")}</button>
      <button type="button" class="main" onClick=${play}>${playing ? say("play.pause") : say("play.play")}</button>
      <button type="button" onClick=${() => { setPlaying(false); go(at + 1); }} disabled=${at >= last}>${say("play.step")}</button>
      <button type="button" onClick=${() => { setPlaying(false); go(last); }} disabled=${at >= last}>${say("play.last")}</button>
    </div>
  `;
}
