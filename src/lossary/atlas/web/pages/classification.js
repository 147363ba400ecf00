// Cross-entropy against squared error for a class: both over the logit, the chord that one of them breaks, and the stall.
import { html } from "../kit/view.js";
import { data } from "../kit/page.js";
import { inLanguage, say } from "../kit/messages.js";
import { link, mount } from "../kit/frame.js";
import { announce } from "../kit/live.js";
import { clamp, fixed, linspace, show } from "../kit/numbers.js";
import { keep, kept, number, numbers } from "../kit/state.js";
import { Plot } from "../kit/plot.js";
import { Curve, Handle } from "../kit/marks.js";
import { Choices, Slider, TableBehind } from "../kit/controls.js";
import { along } from "../loss/functions.js";
import { Head } from "../lessons/parts.js";
import { descend } from "../lessons/line.js";

const Z = [-10, 10];
const RATE = { name: "rate", from: 0.01, to: 100, low: 0, high: Infinity, open: true, log: true, start: 1 };
const STEPS = { name: "steps", from: 10, to: 1000, low: 1, high: 5000, start: 200 };
const STYLES = ["cross", "square"];
const both = (what, y) => data.losses.map((loss) => along(loss, what, { target: y }, {}));
const titles = () => data.losses.map((loss) => inLanguage(loss.title));

const label = () => (kept("y", 1, number) === 0 ? 0 : 1);
const logit = () => clamp(kept("z", -3, number), ...Z);

function Classification() {
  return html`
    <article class="lesson">
      <${Head} title=${say("lesson.classification")} lead=${say("two.lead")} />
      <${Curves} /><${Chord} /><${Stall} />
    </article>
  `;
}

const saidAt = (z, y) => say("two.said", { z: show(z), a: show(both("gradient", y)[0](z)), b: show(both("gradient", y)[1](z)) });

function Curves() {
  const y = label(), z = logit();
  const move = (next) => {
    keep("z", next, -3, number);
    announce(saidAt(next, y));
  };
  const picture = (what, range, height) => {
    const lines = both(what, y);
    return html`
      <${Plot} label=${say("two.picture", { what: say(`order.${what}`) })} x=${Z} y=${range} height=${height} xLabel=${what === "gradient" ? say("form.logits") : ""} yLabel=${say(`order.${what}`)} onMove=${move}>
        ${(scales) => html`
          <line class="probe" x1=${scales.sx(z)} x2=${scales.sx(z)} y1=${scales.top} y2=${scales.bottom} />
          ${lines.map((f, i) => html`<${Curve} f=${f} scales=${scales} className=${`curve ${STYLES[i]}`} />`)}
          ${lines.map((f, i) => html`<circle class=${`mark ${STYLES[i]}`} cx=${scales.sx(z)} cy=${scales.sy(f(z))} r="4.5" />`)}
          ${what === "value" && html`<${Handle} label=${say("form.logits")} value=${z} low=${Z[0]} high=${Z[1]} text=${saidAt(z, y)} scale=${scales.sx} at=${[scales.sx(z), scales.bottom]} onMove=${move} className="own" />`}
        `}
      <//>
    `;
  };
  const names = titles(), values = both("value", y), slopes = both("gradient", y);
  return html`
    <section aria-labelledby="both-title">
      <h2 id="both-title">${say("two.both")}</h2>
      <p class="lead">${say("two.both-lead")}</p>
      <div class="two">
        <div class="pictures">
          ${picture("value", [0, 10.5], 270)}
          ${picture("gradient", y === 1 ? [-1.1, 0.2] : [-0.2, 1.1], 190)}
          <${TableBehind} title=${say("two.both")} heads=${[say("form.logits"), ...names.flatMap((name) => [name, `${name}, ${say("order.gradient")}`])]}
            rows=${() => linspace(...Z, 21).map((at) => [show(at), ...[0, 1].flatMap((i) => [show(values[i](at)), show(slopes[i](at))])])} />
        </div>
        <div class="controls">
          <${Choices} label=${say("two.label")} value=${y} onChoose=${(next) => keep("y", next, 1, number)} choices=${[[1, "y = 1"], [0, "y = 0"]]} />
          <table class="fits">
            <thead><tr><th scope="col">${say("two.at", { z: show(z) })}</th><th scope="col">${say("order.value")}</th><th scope="col">${say("order.gradient")}</th></tr></thead>
            <tbody>${data.losses.map((loss, i) => html`<tr id=${`at-${loss.loss}`}><th scope="row"><span class=${`swatch ${STYLES[i]}`}></span><a href=${link(loss.loss)}>${names[i]}</a></th><td>${show(values[i](z), 4)}</td><td>${show(slopes[i](z), 4)}</td></tr>`)}</tbody>
          </table>
          <p class="consequence">${say("two.ratio", { ratio: show(Math.abs(slopes[0](z) / slopes[1](z)), 3) })}</p>
          <p class="note">${say("two.why")}</p>
        </div>
      </div>
    </section>
  `;
}

// How far a function lies above the chord at its middle: a convex one never does.
const overChord = (f, [a, b]) => f((a + b) / 2) - (f(a) + f(b)) / 2;
const CHORD = [-8, 0];

function Chord() {
  const y = label(), lines = both("value", y), names = titles();
  const ends = kept("chord", CHORD, numbers).slice(0, 2).map((x) => clamp(x, ...Z));
  const chord = ends.length === 2 ? ends : CHORD;
  const saidOf = (pair) => lines.map((f, i) => verdict(overChord(f, pair), names[i])).join(" ");
  const move = (k, x) => {
    const next = chord.map((old, i) => (i === k ? x : old));
    keep("chord", next, CHORD, numbers);
    announce(saidOf(next));
  };
  return html`
    <section aria-labelledby="chord-title">
      <h2 id="chord-title">${say("two.chord")}</h2>
      <p class="lead">${say("two.chord-lead")}</p>
      <div class="pair">
        ${[1, 0].map((i) => html`<div>
          <${Plot} label=${say("two.chord-of", { name: names[i] })} x=${Z} y=${i ? [0, 1.15] : [0, 10.5]} height=${250} xLabel=${say("form.logits")} yLabel=${names[i]}>
            ${(scales) => {
              const [a, b] = chord, f = lines[i], middle = (a + b) / 2;
              return html`
                <${Curve} f=${f} scales=${scales} className=${`curve ${STYLES[i]}`} />
                <line class="chord" x1=${scales.sx(a)} y1=${scales.sy(f(a))} x2=${scales.sx(b)} y2=${scales.sy(f(b))} />
                <line class=${overChord(f, chord) > 1e-12 ? "gap broken" : "gap"} x1=${scales.sx(middle)} x2=${scales.sx(middle)} y1=${scales.sy(f(middle))} y2=${scales.sy((f(a) + f(b)) / 2)} />
                ${chord.map((x, k) => html`<${Handle} key=${k} label=${say("two.end", { number: k + 1, name: names[i] })} value=${x} low=${Z[0]} high=${Z[1]} step=${0.1} text=${`${show(x)}; ${verdict(overChord(f, chord), names[i])}`} scale=${scales.sx} at=${[scales.sx(x), scales.sy(f(x))]} onMove=${(next) => move(k, next)} className="point" />`)}
              `;
            }}
          <//></div>`)}
      </div>
      <p class="consequence" id="chord-said">${saidOf(chord)}</p>
      <${TableBehind} title=${say("two.chord")} heads=${[say("numbers.loss"), ...chord.map((x) => show(x)), say("two.middle"), say("two.chord-middle")]}
        rows=${() => lines.map((f, i) => [names[i], ...chord.map((x) => show(f(x), 4)), show(f((chord[0] + chord[1]) / 2), 4), show((f(chord[0]) + f(chord[1])) / 2, 4)])} />
    </section>
  `;
}

const verdict = (over, name) => (over > 1e-12 ? say("two.broken", { name, over: show(over) }) : say("two.holds", { name, under: show(Math.abs(over)) }));

function Stall() {
  const y = label(), z = logit();
  const of = (view) => Math.max(kept(view.name, view.start, number), 1e-6);
  const rate = of(RATE), steps = clamp(Math.round(of(STEPS)), 1, 5000);
  const slopes = both("gradient", y), values = both("value", y), names = titles();
  const paths = slopes.map((slope, i) => descend(([x]) => [slope(x)], ([x]) => values[i](x), [z], { steps, rate, schedule: "fixed" }).path.map(([x]) => x));
  const ends = paths.map((path) => path.at(-1));
  const low = Math.min(-10, ...ends), high = Math.max(10, ...ends);
  return html`
    <section aria-labelledby="stall-title" id="stall">
      <h2 id="stall-title">${say("two.stall")}</h2>
      <p class="lead">${say("two.stall-lead")}</p>
      <div class="two">
        <div class="pictures">
          <${Plot} label=${say("two.stall-picture")} x=${[0, steps]} y=${[clamp(low, -100, 0), clamp(high, 0, 100)]} height=${270} xLabel=${say("descent.step")} yLabel=${say("form.logits")}>
            ${(scales) => paths.map((path, i) => html`<path class=${`curve ${STYLES[i]}`} fill="none" clip-path=${scales.clip} d=${path.map((x, step) => `${step ? "L" : "M"}${scales.sx(step).toFixed(1)},${scales.sy(clamp(x, -500, 500)).toFixed(1)}`).join("")} />`)}
          <//>
          <${TableBehind} title=${say("two.stall-picture")} heads=${[say("descent.step"), ...names]} rows=${() => paths[0].map((x, i) => [i, show(x, 5), show(paths[1][i], 5)])} />
        </div>
        <div class="controls">
          <div class="buttons">${[-8, -4, -2].map((at) => html`<button type="button" aria-pressed=${z === (y ? at : -at) ? "true" : "false"} onClick=${() => keep("z", y ? at : -at, -3, number)}>${say("two.from", { z: show(y ? at : -at) })}</button>`)}</div>
          <${Slider} label=${say("two.start")} letter="z" view=${{ name: "z", from: Z[0], to: Z[1], low: Z[0], high: Z[1] }} value=${z} onMove=${(x) => keep("z", x, -3, number)} />
          <${Slider} label=${say("descent.rate")} letter="η" view=${RATE} value=${rate} onMove=${(x) => keep("rate", x, RATE.start, number)} />
          <${Slider} label=${say("descent.steps")} view=${STEPS} value=${steps} onMove=${(x) => keep("steps", Math.round(x), STEPS.start, number)} />
          <p class="consequence" id="stall-said">${say("two.after", { steps, a: fixed(ends[0]), b: fixed(ends[1]), z: show(z) })}</p>
        </div>
      </div>
    </section>
  `;
}

mount(Classification, () => say("lesson.classification"));
