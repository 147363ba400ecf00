// Softmax, step by step: from scores to probabilities, the cross-entropy, and the gradient that is left.
import { html } from "../kit/view.js";
import { say } from "../kit/messages.js";
import { mount } from "../kit/frame.js";
import { announce } from "../kit/live.js";
import { clamp, show } from "../kit/numbers.js";
import { keep, kept, number, numbers, word } from "../kit/state.js";
import { Handle } from "../kit/marks.js";
import { Choices, Slider } from "../kit/controls.js";
import { Arithmetic, Bar, below, Head, NumberField, small, Strip } from "../lessons/parts.js";
import { FORMATS, inFormat, stepsOf } from "../lessons/softmax_steps.js";

const FIRST = [3, 1, -3];
const MOST = 2000;
const HEAT = { name: "temperature", from: 0.05, to: 20, low: 0, high: Infinity, open: true, log: true };
const ADDED = { name: "added", from: -120, to: 120, low: -MOST, high: MOST };
const names = (z) => z.map((_, i) => String(i + 1));

const scoresNow = () => {
  const z = kept("z", FIRST, numbers).slice(0, 10).map((x) => clamp(x, -MOST, MOST));
  return z.length < 3 ? FIRST : z;
};

function Softmax() {
  const z = scoresNow();
  const label = clamp(Math.round(kept("y", 1, number)), 1, z.length) - 1;
  const heat = Math.max(kept("t", 1, number), 1e-3);
  const steps = stepsOf(z, heat, label);
  const set = (next, y = label) => {
    keep("z", next, FIRST, numbers);
    if (y >= next.length) keep("y", 1, 1, number);
    announce(saidOf(stepsOf(next, heat, Math.min(y, next.length - 1))));
  };
  return html`
    <article class="lesson">
      <${Head} title=${say("lesson.softmax")} lead=${say("softmax.lead")} />
      <section aria-labelledby="scores-title">
        <h2 id="scores-title">${say("softmax.scores")}</h2>
        <p class="lead">${say("softmax.scores-lead")}</p>
        <${Pictures} steps=${steps} set=${set} />
        <div class="controls across">
          <${Choices} label=${say("softmax.true")} value=${label} onChoose=${(i) => keep("y", i + 1, 1, number)} choices=${z.map((_, i) => [i, String(i + 1)])} />
          <${Slider} label=${say("softmax.temperature")} letter="T" view=${HEAT} value=${heat} onMove=${(x) => { keep("t", x, 1, number); announce(saidOf(stepsOf(z, x, label))); }} />
          <div class="buttons">
            <button type="button" disabled=${z.length > 9} onClick=${() => set([...z, 0])}>${say("softmax.add")}</button>
            <button type="button" disabled=${z.length < 4} onClick=${() => set(z.slice(0, -1))}>${say("softmax.remove")}</button>
          </div>
        </div>
        <p class="consequence">${saidOf(steps)}</p>
      </section>
      <${Steps} steps=${steps} heat=${heat} label=${label} set=${set} />
      <${Formats} z=${z} label=${label} />
    </article>
  `;
}

const saidOf = (steps) => say("softmax.said", { label: steps.y.indexOf(1) + 1, p: small(steps.p[steps.y.indexOf(1)]), loss: small(steps.loss, 4) });

function Pictures({ steps, set }) {
  const most = [6, 12, 100, MOST].find((x) => steps.z.every((z) => Math.abs(z) <= x));
  const reach = Math.max(1, ...steps.gradient.map(Math.abs));
  return html`
    <div class="strips">
      <${Strip} label=${say("softmax.picture-z")} title=${say("softmax.score")} names=${names(steps.z)} x=${[-most, most]}
        mark=${(i, y, scales) => html`
          <${Handle} label=${say("softmax.score-of", { number: i + 1 })} value=${steps.z[i]} low=${-most} high=${most} step=${most / 60} scale=${scales.sx} at=${[scales.sx(steps.z[i]), y]} className="point"
            text=${`${show(steps.z[i])}; ${saidOf(steps)}`} onMove=${(x) => set(steps.z.map((old, k) => (k === i ? Number(x.toPrecision(6)) : old)))} />`} />
      <${Strip} label=${say("softmax.picture-p")} title=${say("softmax.probability-hardmax")} names=${names(steps.z)} x=${[0, 1]}
        mark=${(i, y, scales) => html`
          ${steps.hard[i] === 1 && html`<${Bar} to=${1} y=${y} scales=${scales} size=${18} className="hollow" />`}
          <${Bar} to=${steps.p[i]} y=${y} scales=${scales} />
          ${steps.y[i] === 1 && html`<path class="truth" d=${`M${scales.sx(1)},${y - 9}v18`} />`}`} />
      <${Strip} label=${say("softmax.picture-g")} title=${say("order.gradient")} names=${names(steps.z)} x=${[-reach, reach]}
        mark=${(i, y, scales) => html`<${Bar} to=${steps.gradient[i]} y=${y} scales=${scales} className=${steps.gradient[i] < 0 ? "pull" : "push"} />`} />
    </div>
    <p class="note">${say("softmax.legend")}</p>
  `;
}

// The heads of the columns are formulas, which need no translation.
const HEADS = { z: "z", scaled: "z/T", shifted: "− max", exp: "exp", p: "p", hard: "hardmax", y: "y", gradient: "p − y" };

function Steps({ steps, heat, label, set }) {
  const columns = Object.keys(HEADS).filter((key) => key !== "scaled" || heat !== 1);
  const [step, at] = kept("at", "p.1", word).split(".");
  const known = (step in HEADS || step === "sum" || step === "loss") ? step : "p";
  const row = clamp(Number(at) || 1, 1, steps.z.length) - 1;
  const cell = (key, i, text) => html`<button type="button" class="cell" aria-pressed=${known === key && (i === null || i === row) ? "true" : "false"} onClick=${() => keep("at", i === null ? key : `${key}.${i + 1}`, "p.1", word)}>${text}</button>`;
  return html`
    <section aria-labelledby="steps-title">
      <h2 id="steps-title">${say("softmax.steps")}</h2>
      <p class="lead">${say("softmax.steps-lead")}</p>
      <div class="scroll tall" tabindex="0" role="group" aria-label=${say("softmax.steps")}>
        <table class="steps">
          <thead><tr><th scope="col">${say("softmax.class")}</th>${columns.map((key) => html`<th scope="col"><span lang="en">${key === "gradient" && heat !== 1 ? "(p − y)/T" : HEADS[key]}</span></th>`)}</tr></thead>
          <tbody>
            ${steps.z.map((_, i) => html`
              <tr key=${i} class=${i === label ? "true" : ""}>
                <th scope="row">${i + 1}</th>
                ${columns.map((key) => html`<td>${key === "z" ? html`<${NumberField} label=${say("softmax.score-of", { number: i + 1 })} value=${steps.z[i]} low=${-MOST} high=${MOST} onMove=${(x) => set(steps.z.map((old, k) => (k === i ? x : old)))} />` : cell(key, i, small(steps[key][i]))}</td>`)}
              </tr>`)}
          </tbody>
          <tfoot><tr>
            <th scope="row">Σ</th>
            ${columns.map((key) => html`<td>${key === "exp" ? cell("sum", null, show(steps.sum, 4)) : key === "p" ? "1" : ""}</td>`)}
          </tr></tfoot>
        </table>
      </div>
      <div class="result">
        <${Arithmetic}>${arithmetic(known, row, steps, heat, label)}<//>
        <p>${say("softmax.loss")} ${cell("loss", null, html`<span id="loss">${small(steps.loss, 4)}</span>`)}</p>
      </div>
      <p class="note">${say("softmax.subtraction")}</p>
    </section>
  `;
}

// How a number of the table comes about, with six digits.
function arithmetic(step, i, steps, heat, label) {
  const n = (x) => small(x, 6), paren = (x) => (x < 0 ? `(${n(x)})` : n(x));
  const k = below(i);
  const score = heat === 1 ? `z${k}` : `z${k}/T`;
  return {
    scaled: () => `z${k}/T = ${n(steps.z[i])} / ${n(heat)} = ${n(steps.scaled[i])}`,
    shifted: () => `${score} − max = ${n(steps.scaled[i])} − ${paren(steps.top)} = ${n(steps.shifted[i])}`,
    exp: () => html`e<sup>${n(steps.shifted[i])}</sup> = ${n(steps.exp[i])}`,
    sum: () => `Σ = ${steps.exp.map(n).join(" + ")} = ${n(steps.sum)}`,
    p: () => `p${k} = ${n(steps.exp[i])} / ${n(steps.sum)} = ${n(steps.p[i])}`,
    hard: () => `${score} ${steps.hard[i] ? "=" : "<"} max ⇒ ${steps.hard[i]}`,
    y: () => `y${k} = ${steps.y[i]}`,
    z: () => `z${k} = ${n(steps.z[i])}`,
    gradient: () => (heat === 1 ? `p${k} − y${k} = ${n(steps.p[i])} − ${steps.y[i]} = ${n(steps.gradient[i])}` : `(p${k} − y${k})/T = (${n(steps.p[i])} − ${steps.y[i]}) / ${n(heat)} = ${n(steps.gradient[i])}`),
    loss: () => `−log p${below(label)} = log Σ − (${heat === 1 ? `z${below(label)}` : `z${below(label)}/T`} − max) = ${n(steps.logSum)} − ${paren(steps.shifted[label])} = ${n(steps.loss)}`,
  }[step]();
}

// The same in number formats: what overflows when the largest score is not subtracted first.
function Formats({ z, label }) {
  const added = clamp(kept("added", 0, number), -MOST, MOST);
  const moved = z.map((x) => x + added);
  const rows = Object.keys(FORMATS).flatMap((name) => [false, true].map((shift) => [name, shift, inFormat(moved, label, FORMATS[name], shift)]));
  const bad = (x) => (Number.isFinite(x) ? "" : "bad");
  const text = (x) => (Number.isNaN(x) ? "NaN" : small(x, 4));
  const broken = rows.filter(([, shift, found]) => !shift && !Number.isFinite(found.loss)).map(([name]) => name);
  const said = broken.length ? say("softmax.breaks", { formats: broken.join(", ") }) : say("softmax.holds");
  return html`
    <section aria-labelledby="formats-title">
      <h2 id="formats-title">${say("softmax.formats")}</h2>
      <p class="lead">${say("softmax.formats-lead")}</p>
      <div class="controls across">
        <${Slider} label=${say("softmax.added")} letter="c" view=${ADDED} value=${added} onMove=${(x) => keep("added", x, 0, number)} />
        <div class="buttons">${[0, 9, 12, 90, -20, -110].map((c) => html`<button type="button" aria-pressed=${c === added ? "true" : "false"} onClick=${() => { keep("added", c, 0, number); }}>${show(c)}</button>`)}</div>
      </div>
      <div class="scroll tall" tabindex="0" role="group" aria-label=${say("softmax.formats")}>
        <table class="formats">
          <thead><tr><th scope="col">${say("softmax.format")}</th><th scope="col">${say("softmax.shifted")}</th><th scope="col"><span lang="en">max exp</span></th><th scope="col">Σ</th><th scope="col">p${below(label)}</th><th scope="col">${say("order.value")}</th></tr></thead>
          <tbody>${rows.map(([name, shift, found]) => html`
            <tr class=${shift ? "shift" : ""}><th scope="row">${shift ? "" : html`<code>${name}</code>`}${shift && html`<span class="sr-only">${name}</span>`}</th><td>${shift ? say("yes") : say("no")}</td>
              ${[found.largest, found.sum, found.p[label], found.loss].map((x) => html`<td class=${bad(x)}>${text(x)}</td>`)}</tr>`)}</tbody>
        </table>
      </div>
      <p class="consequence" id="formats-said">${said}</p>
      <p class="note">${say("softmax.formats-note")}</p>
    </section>
  `;
}

mount(Softmax, () => say("lesson.softmax"));
