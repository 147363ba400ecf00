// A tour in the order of an introduction to losses: a short text a stop, its worked table live, and the lesson to go on with.
import { html } from "../kit/view.js";
import { data, functions } from "../kit/page.js";
import { inLanguage, say } from "../kit/messages.js";
import { link, mount } from "../kit/frame.js";
import { announce } from "../kit/live.js";
import { clamp, show } from "../kit/numbers.js";
import { keep, kept, numbers } from "../kit/state.js";
import { along } from "../loss/functions.js";
import { measures } from "../lessons/information.js";
import { Head, NumberField, small } from "../lessons/parts.js";
import { stepsOf } from "../lessons/softmax_steps.js";

const lossNamed = (name) => data.losses.find((loss) => loss.loss === name);
const title = (name) => inLanguage(lossNamed(name).title);
function lossOf(name, ...inputs) {
  const loss = lossNamed(name);
  return functions[loss.key][0](...inputs, ...Object.values(loss.parameters));
}
const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;

// Numbers of a table that are kept by a name; each stays between two ends.
function useNumbers(name, first, low, high) {
  const found = kept(name, first, numbers);
  const values = found.length === first.length ? found.map((x) => clamp(x, low, high)) : first;
  const set = (i, x, said) => {
    const next = values.map((old, k) => (k === i ? x : old));
    keep(name, next, first, numbers);
    announce(said(next));
  };
  return [values, (i, label, said) => html`<${NumberField} label=${label} value=${values[i]} low=${low} high=${high} onMove=${(x) => set(i, x, said)} />`];
}

function Stop({ number, name, to, children }) {
  return html`
    <section class="stop" aria-labelledby=${`stop-${name}`} id=${name}>
      <h2 id=${`stop-${name}`}><span class="stop-number">${number}</span>${say(`stop.${name}`)}</h2>
      <div class="two">
        <div>${children}</div>
        <div class="stop-text"><p>${say(`text.${name}`)}</p>
          <ul class="onward">${to.map(([page, state, text]) => html`<li><a href=${link(page, state)}>${text} →</a></li>`)}</ul>
        </div>
      </div>
    </section>
  `;
}

function Table({ caption, heads, rows, foot }) {
  return html`
    <div class="scroll tall" tabindex="0" role="group" aria-label=${caption}>
      <table class="live">
        <caption>${caption}</caption>
        <thead><tr>${heads.map((head) => html`<th scope="col">${head}</th>`)}</tr></thead>
        <tbody>${rows.map((row) => html`<tr>${row.map((cell, i) => (i ? html`<td>${cell}</td>` : html`<th scope="row">${cell}</th>`))}</tr>`)}</tbody>
        ${foot && html`<tfoot><tr>${foot.map((cell, i) => (i ? html`<td>${cell}</td>` : html`<th scope="row">${cell}</th>`))}</tr></tfoot>`}
      </table>
    </div>
  `;
}

const OF_LOGITS = data.losses.filter((loss) => loss.given === "logits");
const REGRESSION = ["absolute_error", "squared_error", "huber"];

function Words() {
  const [values, field] = useNumbers("r", [2.5, 0, 2], -1000, 1000);
  const y = [3, -0.5, 2];
  const losses = (x) => x.map((p, i) => lossOf("squared_error", p, y[i]));
  const said = (x) => say("tour.mean", { mean: show(mean(losses(x)), 4) });
  return html`
    <${Stop} number="1" name="loss" to=${[["squared_error", {}, title("squared_error")]]}>
      <${Table} caption=${say("tour.losses")} heads=${[say("tour.sample"), say("input.prediction"), say("input.target"), say("order.value")]}
        rows=${values.map((x, i) => [i + 1, field(i, say("tour.prediction-of", { number: i + 1 }), said), show(y[i]), show(losses(values)[i], 4)])}
        foot=${[say("tour.cost"), "", "", html`<b id="cost">${show(mean(losses(values)), 4)}</b>`]} />
    <//>
  `;
}

function Surprise() {
  const p = [0.7, 0.2, 0.1], found = measures(p, p), printed = ["0.36", "1.61", "2.30"];
  return html`
    <${Stop} number="2.1" name="information" to=${[["information", {}, say("lesson.information")], ["information", { q: "0.7,0.2,0.1" }, say("tour.same")], ["information", { p: "0,0,1", q: "0.3,0.3,0.4" }, say("tour.certain")]]}>
      <${Table} caption=${say("tour.entropy")} heads=${[html`<span lang="en">p</span>`, "−log p", say("tour.printed"), "−p log p"]}
        rows=${p.map((x, i) => [show(x), show(found.parts.self[i], 4), printed[i], show(found.parts.entropy[i], 4)])}
        foot=${["Σ", "", "0.804", html`<b>${show(found.entropy, 4)}</b>`]} />
      <p class="note">${say("tour.entropy-note")}</p>
    <//>
  `;
}

function TwoClasses() {
  const [a, field] = useNumbers("a", [0.9, 0.2, 0.6], 0, 1);
  const y = [1, 0, 1];
  const losses = (x) => x.map((p, i) => lossOf("binary_cross_entropy", p, y[i]));
  const said = (x) => say("tour.mean", { mean: show(mean(losses(x)), 4) });
  return html`
    <${Stop} number="2.2" name="binary" to=${[["binary_cross_entropy", { form: "probabilities" }, title("binary_cross_entropy")]]}>
      <${Table} caption=${say("tour.binary")} heads=${["y", "a", say("tour.branch"), say("order.value")]}
        rows=${a.map((x, i) => [y[i], field(i, say("tour.probability-of", { number: i + 1 }), said), y[i] ? "−log a" : "−log (1 − a)", show(losses(a)[i], 4)])}
        foot=${[say("tour.cost"), "", "", html`<b>${show(mean(losses(a)), 4)}</b>`]} />
    <//>
  `;
}

const MODELS = { m1: [0.3, 0.3, 0.4, 0.3, 0.4, 0.4, 0.1, 0.2, 0.7], m2: [0.1, 0.2, 0.7, 0.1, 0.7, 0.2, 0.3, 0.4, 0.4] };
const PRINTED = { m1: ["0.91", "0.91", "2.30", "1.37"], m2: ["0.35", "0.35", "1.20", "0.63"] };
const LABELS = [2, 1, 0];

function Model({ name, number }) {
  const [flat, field] = useNumbers(name, MODELS[name], 0, 1);
  const row = (values, i) => values.slice(3 * i, 3 * i + 3);
  const losses = (values) => LABELS.map((label, i) => lossOf("cross_entropy", row(values, i), label));
  const said = (values) => say("tour.mean", { mean: show(mean(losses(values)), 4) });
  const off = LABELS.map((_, i) => row(flat, i).reduce((a, b) => a + b, 0)).map((sum, i) => [i + 1, sum]).filter(([, sum]) => Math.abs(sum - 1) > 1e-4);
  return html`
    <${Table} caption=${say("tour.model", { number })} heads=${[say("tour.label"), ...["cat", "dog", "pig"].map((each) => say(`animal.${each}`)), say("order.value"), say("tour.printed")]}
      rows=${LABELS.map((label, i) => [say(`animal.${["cat", "dog", "pig"][label]}`), ...[0, 1, 2].map((k) => field(3 * i + k, say("tour.model-cell", { model: number, row: i + 1, column: k + 1 }), said)), show(losses(flat)[i], 4), PRINTED[name][i]])}
      foot=${[say("tour.cost"), "", "", "", html`<b id=${name}>${show(mean(losses(flat)), 4)}</b>`, PRINTED[name][3]]} />
    ${off.map(([i, sum]) => html`<p class="note">${say("tour.off", { row: i, sum: show(sum) })}</p>`)}
  `;
}

function Softmax() {
  const [z, field] = useNumbers("z", [3, 1, -3], -1000, 1000);
  const steps = stepsOf(z, 1, 0);
  const said = (next) => say("tour.softmax-said", { p: stepsOf(next, 1, 0).p.map((x) => small(x)).join(", ") });
  return html`
    <${Stop} number="2.4" name="softmax" to=${[["softmax", { z: z.map(String).join(",") }, say("lesson.softmax")], ["softmax", { added: 12, z: z.map(String).join(",") }, say("tour.overflow")]]}>
      <${Table} caption=${say("tour.softmax")} heads=${[say("softmax.class"), html`<span lang="en">z</span>`, html`<span lang="en">hardmax</span>`, html`<span lang="en">softmax</span>`]}
        rows=${z.map((_, i) => [i + 1, field(i, say("softmax.score-of", { number: i + 1 }), said), steps.hard[i], small(steps.p[i])])} foot=${["Σ", "", "1", "1"]} />
    <//>
  `;
}

function Errors() {
  const [r, field] = useNumbers("e", [0.1, 0.5, 1, 3, 10], -1000, 1000);
  const said = (next) => next.map((x) => show(lossOf("huber", x, 0))).join(", ");
  return html`
    <${Stop} number="3" name="regression" to=${[["regression", {}, say("lesson.regression")], ["regression", { of: "absolute_error", rate: 1, at: 100 }, say("preset.circles")], ["regression", { of: "huber", rate: 0.2, steps: 200, at: 200 }, say("preset.huber")], ["huber", {}, title("huber")]]}>
      <${Table} caption=${say("tour.errors")} heads=${[say("tour.number"), say("tour.residual"), ...REGRESSION.map(title)]}
        rows=${r.map((x, i) => [i + 1, field(i, say("tour.residual-of", { number: i + 1 }), said), ...REGRESSION.map((name) => show(lossOf(name, x, 0), 4))])} />
    <//>
  `;
}

function Tour() {
  return html`
    <article class="lesson">
      <${Head} title=${say("lesson.tour")} lead=${say("tour.lead")} />
      <${Words} /><${Surprise} /><${TwoClasses} />
      <${Stop} number="2.3" name="models" to=${[["cross_entropy", { form: "probabilities" }, title("cross_entropy")]]}><${Model} name="m1" number=${1} /><${Model} name="m2" number=${2} /><//>
      <${Softmax} />
      <${Stop} number="2.5" name="squared" to=${[["classification", {}, say("lesson.classification")], ["classification", { z: -8 }, say("preset.stalls")]]}>
        <${Table} caption=${say("tour.squared")} heads=${["z", say("tour.p"), say("tour.cross-slope"), say("tour.square-slope")]}
          rows=${[-8, -4, -2, 0, 2].map((z) => [show(z), show(1 / (1 + Math.exp(-z))), ...OF_LOGITS.map((loss) => show(along(loss, "gradient", { target: 1 }, {})(z)))])} />
      <//>
      <${Errors} />
    </article>
  `;
}

mount(Tour, () => say("lesson.tour"));
