// Your numbers: rows that are pasted, or come from the file that this page was opened for. Nothing leaves the page.
import { html, useState, useMemo } from "../kit/view.js";
import { data } from "../kit/page.js";
import { say, inLanguage } from "../kit/messages.js";
import { show } from "../kit/numbers.js";
import { inputName } from "./curves.js";
import { ofRows } from "./functions.js";
import { chosenCurve, curveOfFile, parameters } from "./chosen.js";
import { mean } from "./minimise.js";

const own = data.own ?? null;

// Return the rows of numbers in a text: columns as pasted from a table or a file, with or without names above.
export function readRows(text, columns) {
  const lines = text.split(/\r?\n/).map((line) => line.trim()).filter(Boolean);
  const rows = lines.map((line) => line.split(/[\t;]+|,\s*|\s+/).map((cell) => (cell === "" ? NaN : Number(cell))));
  const named = rows.length > 0 && rows[0].every(Number.isNaN);
  const kept = named ? rows.slice(1) : rows;
  const wrong = kept.findIndex((row) => row.length !== columns || row.some((x) => !Number.isFinite(x)));
  return { rows: wrong < 0 ? kept : kept.slice(0, wrong), wrong: wrong < 0 ? null : wrong + 1 + (named ? 1 : 0) };
}

export function Numbers() {
  const [text, setText] = useState("");
  const curve = text.trim() || !own ? chosenCurve() : curveOfFile();
  const pasted = useMemo(() => readRows(text, curve.inputs.length), [text, curve.inputs.length]);
  if (curve.kind === "samplewise" || curve.kind === "composed") return null;
  const rows = text.trim() ? pasted.rows : own ? own.rows : [];
  return html`
    <section class="numbers" aria-labelledby="numbers-title" id="your-numbers">
      <h2 id="numbers-title">${say("numbers.title")}</h2>
      ${own && html`<${Totals} />`}
      <p class="lead">${say("numbers.lead")} <code lang="en">${curve.inputs.join(", ")}</code></p>
      <div class="two">
        <div class="controls">
          <label for="paste">${say("numbers.paste")}</label>
          <textarea id="paste" rows="7" spellcheck="false" value=${text} placeholder=${"2.5, 3\n0, -0.5\n2, 2"} onInput=${(event) => setText(event.target.value)}></textarea>
          ${pasted.wrong !== null && html`<p class="error" role="alert">${say("numbers.wrong", { line: pasted.wrong, count: curve.inputs.length })}</p>`}
          <div class="buttons"><button type="button" onClick=${() => setText(example(curve))}>${say("numbers.example")}</button></div>
        </div>
        <div>${rows.length > 0 && html`<${Result} curve=${curve} rows=${rows} sampled=${!text.trim() && own && own.count > rows.length} />`}</div>
      </div>
    </section>
  `;
}

const example = (curve) => Array.from({ length: 5 }, (_, i) => curve.inputs.map((name) => {
  const view = name === curve.along ? curve.x : curve.others.find((other) => other.name === name);
  if (view.low === 0 && view.high === 1 && name === "target") return (i + 1) % 2;
  const share = name === curve.along ? [0.2, 0.7, 0.45, 0.9, 0.55][i] : [0.25, 0.6, 0.5, 0.4, 0.5][i];
  return Number((view.from + share * (view.to - view.from)).toPrecision(2));
}).join(", ")).join("\n");

function Result({ curve, rows, sampled }) {
  const losses = ofRows(curve, rows, parameters());
  const total = losses.reduce((sum, x) => sum + x, 0);
  const worst = losses.map((loss, i) => [loss, i]).filter(([loss]) => !Number.isNaN(loss)).sort((a, b) => b[0] - a[0]).slice(0, 8);
  const most = worst[0]?.[0] || 1;
  const others = data.others.filter((other) => other.plane === curve.plane && curve.plane);
  return html`
    <dl class="readout">
      <div><dt>${sampled ? say("numbers.sampled") : say("numbers.rows")}</dt><dd>${rows.length}</dd></div>
      <div class="value"><dt>${say("numbers.mean")}</dt><dd id="numbers-mean">${show(mean(losses), 5)}</dd></div>
      <div><dt>${say("numbers.sum")}</dt><dd>${show(total, 5)}</dd></div>
    </dl>
    <table class="worst">
      <caption>${say("numbers.worst")}</caption>
      <thead><tr><th scope="col">${say("numbers.row")}</th>${curve.inputs.map((name) => html`<th scope="col">${inputName(name)}</th>`)}<th scope="col">${say("numbers.loss")}</th></tr></thead>
      <tbody>${worst.map(([loss, i]) => html`<tr><th scope="row">${i + 1}</th>${rows[i].map((x) => html`<td>${show(x, 4)}</td>`)}<td class="bar" style=${`--share:${Number.isFinite(loss) ? Math.max(0, (100 * loss) / most) : 100}%`}>${show(loss, 4)}</td></tr>`)}</tbody>
    </table>
    ${others.length > 0 && html`
      <details class="behind"><summary>${say("numbers.others")}</summary>
        <table><thead><tr><th scope="col">${say("numbers.under")}</th><th scope="col">${say("numbers.mean")}</th></tr></thead>
        <tbody>${others.map((other) => html`<tr><th scope="row">${inLanguage(other.title)}</th><td>${show(mean(ofRows(other, rows, {})), 5)}</td></tr>`)}</tbody></table>
      </details>`}
  `;
}

// The exact totals of all rows of the file, as the report found them.
function Totals() {
  return html`
    <div class="totals">
      <p>${say("own.lead", { file: own.file, count: own.count.toLocaleString("en"), shown: own.rows.length.toLocaleString("en") })}</p>
      <table>
        <caption>${say("own.exact")}</caption>
        <thead><tr><th scope="col">${say("numbers.under")}</th><th scope="col">${say("numbers.mean")}</th><th scope="col">${say("own.constant")}</th></tr></thead>
        <tbody>${own.totals.map((total) => html`<tr><th scope="row">${inLanguage(total.title)}</th><td>${show(total.mean, 6)}</td><td>${total.baseline === null ? "–" : show(total.baseline, 6)}</td></tr>`)}</tbody>
      </table>
    </div>
  `;
}
