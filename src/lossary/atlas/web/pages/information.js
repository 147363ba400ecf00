// Information: two distributions, and what entropy, cross-entropy and relative entropy say of them.
import { html } from "../kit/view.js";
import { say } from "../kit/messages.js";
import { mount } from "../kit/frame.js";
import { announce } from "../kit/live.js";
import { fixed, show } from "../kit/numbers.js";
import { keep, kept, numbers, word } from "../kit/state.js";
import { Handle } from "../kit/marks.js";
import { Choices } from "../kit/controls.js";
import { Bar, Head, Strip } from "../lessons/parts.js";
import { measures, normalized, withProbability } from "../lessons/information.js";

const FIRST = { p: [0.7, 0.2, 0.1], q: [0.5, 0.3, 0.2] };
const UNITS = { nats: 1, bits: 1 / Math.log(2) };

function chosen() {
  const p = kept("p", FIRST.p, numbers), q = kept("q", FIRST.q, numbers);
  const fits = p.length === q.length && p.length > 2 && p.length < 7 && normalized(p) && normalized(q);
  return fits ? { p: normalized(p), q: normalized(q) } : FIRST;
}

function Information() {
  const { p, q } = chosen();
  const named = kept("unit", "nats", word), unit = named in UNITS ? named : "nats";
  const set = (next) => {
    for (const name of ["p", "q"]) keep(name, next[name], FIRST[name], numbers);
    announce(saidOf(next, unit));
  };
  const grown = (row) => [...row.map((x) => 0.9 * x), 0.1];
  const shrunk = (row) => normalized(row.slice(0, -1)) ?? row.slice(0, -1).map(() => 1 / (row.length - 1));
  const names = p.map((_, i) => String(i + 1));
  const strip = (name, row) => html`
    <div><${Strip} label=${say(`information.${name}`)} title=${say(`information.${name}`)} names=${names} x=${[0, 1]}
      mark=${(i, y, scales) => html`
        <${Bar} to=${row[i]} y=${y} scales=${scales} className=${name} />
        <${Handle} label=${say("information.outcome", { name, number: i + 1 })} value=${row[i]} low=${0} high=${1} step=${0.01} scale=${scales.sx} at=${[scales.sx(row[i]), y]} className="point"
          text=${`${fixed(row[i], 3)}; ${saidOf({ p, q }, unit)}`} onMove=${(to) => set({ p, q, [name]: withProbability(row, i, to) })} />`} /></div>`;
  return html`
    <article class="lesson">
      <${Head} title=${say("lesson.information")} lead=${say("information.lead")} />
      <section aria-labelledby="two-title">
        <h2 id="two-title">${say("information.two")}</h2>
        <p class="lead">${say("information.two-lead")}</p>
        <div class="pair">${strip("p", p)}${strip("q", q)}</div>
        <div class="buttons">
          <button type="button" disabled=${p.length > 5} onClick=${() => set({ p: grown(p), q: grown(q) })}>${say("information.add")}</button>
          <button type="button" disabled=${p.length < 4} onClick=${() => set({ p: shrunk(p), q: shrunk(q) })}>${say("estimate.remove")}</button>
          <button type="button" onClick=${() => set({ p, q: p })}>${say("information.same")}</button>
          <button type="button" onClick=${() => set({ p: q, q: p })}>${say("information.swap")}</button>
          <button type="button" onClick=${() => set({ p: p.map((_, i) => (i === 0 ? 1 : 0)), q })}>${say("information.certain")}</button>
          <${Choices} hidden label=${say("information.unit")} value=${unit} onChoose=${(key) => keep("unit", key, "nats", word)} choices=${Object.keys(UNITS).map((key) => [key, say(`unit.${key}`)])} />
        </div>
      </section>
      <${Sums} p=${p} q=${q} unit=${unit} />
      <${Parts} p=${p} q=${q} unit=${unit} />
    </article>
  `;
}

const saidOf = ({ p, q }, unit) => {
  const found = measures(p, q), by = (x) => show(x * UNITS[unit], 4);
  return say("information.said", { entropy: by(found.entropy), relative: by(found.relative), cross: by(found.cross), unit: say(`unit.${unit}`) });
};

// Entropy and relative entropy on one bar, cross-entropy on another of the same length; both ways round.
function Sums({ p, q, unit }) {
  const ways = [["p", "q", measures(p, q)], ["q", "p", measures(q, p)]];
  const finite = ways.flatMap(([, , found]) => [found.entropy, found.cross]).filter(Number.isFinite);
  const most = Math.max(...finite, Math.log(p.length)) * (finite.length < 4 ? 1.6 : 1);
  const share = (x) => `--share:${Number.isFinite(x) ? (100 * x) / most : 100}%`;
  const by = (x) => show(x * UNITS[unit], 4);
  return html`
    <section aria-labelledby="sums-title">
      <h2 id="sums-title">${say("information.sums")}</h2>
      <p class="lead">${say("information.sums-lead")}</p>
      <div class="pair">
        ${ways.map(([a, b, found]) => html`
          <div class="ways" id=${`way-${a}`}>
            <p class="sum"><span class="h">H(${a}) ${by(found.entropy)}</span> + <span class="kl">KL(${a}‖${b}) ${by(found.relative)}</span> = <span class="ce">H(${a}, ${b}) ${by(found.cross)}</span></p>
            <div class="stack" aria-hidden="true"><i class="h" style=${share(found.entropy)}></i><i class="kl" style=${Number.isFinite(found.relative) ? share(Math.max(0, found.relative)) : "flex:1"}></i></div>
            <div class="stack" aria-hidden="true"><i class="ce" style=${share(found.cross)}></i></div>
          </div>`)}
      </div>
      <p class="consequence">${saidOf({ p, q }, unit)}</p>
      <p class="note">${ways.some(([, , found]) => found.relative === Infinity) ? say("information.infinite") : say("information.note")}</p>
    </section>
  `;
}

function Parts({ p, q, unit }) {
  const found = measures(p, q), by = (x) => show(x * UNITS[unit], 4);
  const keys = ["self", "entropy", "relative", "cross"];
  const heads = ["−log p", "−p log p", "p log(p/q)", "−p log q"];
  return html`
    <section aria-labelledby="parts-title">
      <h2 id="parts-title">${say("information.parts")}</h2>
      <p class="lead">${say("information.parts-lead")}</p>
      <div class="scroll tall" tabindex="0" role="group" aria-label=${say("information.parts")}>
        <table class="formats">
          <thead><tr><th scope="col">${say("information.number")}</th><th scope="col">p</th><th scope="col">q</th>${heads.map((head) => html`<th scope="col"><span lang="en">${head}</span></th>`)}</tr></thead>
          <tbody>${p.map((x, i) => html`<tr class="shift"><th scope="row">${i + 1}</th><td>${show(x, 4)}</td><td>${show(q[i], 4)}</td>${keys.map((key) => html`<td>${by(found.parts[key][i])}</td>`)}</tr>`)}
            <tr class="shift"><th scope="row">Σ</th><td>1</td><td>1</td><td></td>${keys.slice(1).map((key) => html`<td><b>${by(found[key])}</b></td>`)}</tr></tbody>
        </table>
      </div>
    </section>
  `;
}

mount(Information, () => say("lesson.information"));
