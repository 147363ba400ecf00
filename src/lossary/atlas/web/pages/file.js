// Your file: the losses of its rows, the worst of them, and the same rows under every other loss. Nothing leaves the page.
import { html, useEffect, useMemo, useState } from "../kit/view.js";
import { data } from "../kit/page.js";
import { inLanguage, say } from "../kit/messages.js";
import { link, mount } from "../kit/frame.js";
import { announce } from "../kit/live.js";
import { show } from "../kit/numbers.js";
import { keep, kept, word } from "../kit/state.js";
import { along } from "../loss/functions.js";
import { guess, rowsOf, tableOf } from "../lessons/csv.js";
import { Head } from "../lessons/parts.js";

const MOST = 20e6;
const FORMS = { number: ["real", "positive", "shifted"], probability: ["probability"], score: ["score"] };
const FIRST = { number: "absolute_error", probability: "binary_cross_entropy", score: "binary_cross_entropy" };

function File() {
  const [text, setText] = useState("");
  const [name, setName] = useState("");
  const [problem, setProblem] = useState("");
  const open = async (file) => {
    if (!file) return;
    if (file.size > MOST) {
      setProblem(say("file.large", { size: show(file.size / 1e6), most: show(MOST / 1e6) }));
      return;
    }
    try {
      setText(new TextDecoder("utf-8", { fatal: true }).decode(await file.arrayBuffer()));
      setName(file.name);
      setProblem("");
    } catch {
      setProblem(say("file.not-text", { name: file.name }));
    }
  };
  const table = useMemo(() => tableOf(text), [text]);
  return html`
    <article class="lesson">
      <${Head} title=${say("lesson.file")} lead=${say("file.lead")} />
      <section aria-labelledby="open-title">
        <h2 id="open-title">${say("file.open")}</h2>
        <div class="drop" onDragOver=${(event) => event.preventDefault()} onDrop=${(event) => { event.preventDefault(); open(event.dataTransfer.files[0]); }}>
          <div class="buttons">
            <label class="open-file">${say("file.choose")}<input type="file" id="file" accept=".csv,.tsv,.txt,text/csv" onChange=${(event) => open(event.target.files[0])} /></label>
            <button type="button" onClick=${() => { setText(EXAMPLE); setName(say("file.example-name")); setProblem(""); }}>${say("numbers.example")}</button>
            <span class="note">${name}</span>
          </div>
          <label for="text">${say("file.paste")}</label>
          <textarea id="text" rows="5" spellcheck="false" value=${text.length > 20000 ? `${text.slice(0, 20000)}…` : text} readonly=${text.length > 20000} onInput=${(event) => { setText(event.target.value); setName(""); setProblem(""); }}></textarea>
        </div>
        ${problem && html`<p class="error" role="alert">${problem}</p>`}
      </section>
      ${table.unclosed && html`<p class="error" role="alert">${say("file.unclosed", { line: table.unclosed })}</p>`}
      ${text.trim() && !table.lines.length && html`<p class="error" role="alert">${say("file.none")}</p>`}
      ${table.lines.length > 0 && (table.names.length > 1 ? html`<${Result} table=${table} />` : html`<p class="error" role="alert">${say("file.one-column")}</p>`)}
    </article>
  `;
}

// Ten flats, their rent and a forecast; one row was typed in cents.
const EXAMPLE = "flat,target,prediction\n1,620,640\n2,810,760\n3,455,500\n4,1240,1180\n5,980,1010\n6,71500,730\n7,530,560\n8,890,850\n9,1105,1150\n10,675,660\n";

const inside = (x, view) => (view.open ? x > view.low && x < view.high : x >= view.low && x <= view.high);
const outside = (curve, rows) => rows.filter(([, p, y]) => !inside(p, curve.x) || !inside(y, curve.others[0])).length;
const lossesOf = (curve, rows) => rows.map(([, p, y]) => along(curve, "value", { target: y }, {})(p));
const sumOf = (values) => values.reduce((a, b) => a + b, 0);

function Result({ table }) {
  const guessed = guess(table);
  const column = (key) => {
    const found = table.names.indexOf(kept(key, table.names[guessed[key]], word));
    return found < 0 ? guessed[key] : found;
  };
  const target = column("target"), prediction = column("prediction");
  const { rows, wrong } = useMemo(() => rowsOf(table, prediction, target), [table, prediction, target]);
  const labels = rows.length > 0 && rows.every(([, , y]) => y === 0 || y === 1);
  const usual = !labels ? "number" : rows.every(([, p]) => p >= 0 && p <= 1) ? "probability" : "score";
  const chosen = kept("form", usual, word), form = chosen in FORMS ? chosen : usual;
  const curves = data.losses.filter((curve) => FORMS[form].includes(curve.plane));
  const under = useMemo(() => curves.map((curve) => {
    const count = outside(curve, rows);
    return { curve, count, mean: count || !rows.length ? NaN : sumOf(lossesOf(curve, rows)) / rows.length };
  }), [rows, form]);
  const wanted = kept("loss", FIRST[form], word);
  const one = under.find(({ curve }) => curve.loss === wanted) ?? under.find(({ curve }) => curve.loss === FIRST[form]);
  const losses = useMemo(() => (one.count ? [] : lossesOf(one.curve, rows)), [rows, one.curve, one.count]);
  const select = (key, value, options, label) => html`<div><label for=${key}>${label}</label>
    <select id=${key} value=${value} onChange=${(event) => keep(key, event.target.value, undefined, word)}>${options.map(([each, text]) => html`<option value=${each}>${text}</option>`)}</select></div>`;
  const total = sumOf(losses);
  const few = Math.ceil(losses.length / 100); // the worst hundredth
  const ordered = losses.map((loss, i) => [loss, i]).sort((a, b) => b[0] - a[0]);
  const worst = ordered.slice(0, 10);
  const name = inLanguage(one.curve.title);
  const said = one.count ? say("file.outside", { count: one.count, name }) : say("file.said", { name, mean: show(one.mean, 5), count: few, rows: rows.length, share: show(total > 0 ? 100 * (sumOf(ordered.slice(0, few).map(([loss]) => loss)) / total) : 0) });
  useEffect(() => announce(said), [said]);
  const columns = table.names.map((each) => [each, each]);
  return html`
    <section aria-labelledby="columns-title">
      <h2 id="columns-title">${say("file.result")}</h2>
      <div class="controls across">
        ${select("target", table.names[target], columns, say("input.target"))}
        ${select("prediction", table.names[prediction], columns, say("input.prediction"))}
        ${select("form", form, Object.keys(FORMS).map((key) => [key, say(`shape.${key}`)]), say("form.title"))}
        ${select("loss", one.curve.loss, under.map(({ curve }) => [curve.loss, inLanguage(curve.title)]), say("numbers.loss"))}
      </div>
      ${wrong.length > 0 && html`<p class="error" role="alert">${say("file.wrong", { count: wrong.length, line: wrong[0] })}</p>`}
      ${rows.length > 0 && html`
        <dl class="readout wide">
          <div><dt>${say("numbers.rows")}</dt><dd id="rows">${rows.length}</dd></div>
          <div class="value"><dt>${say("numbers.mean")}</dt><dd id="mean">${show(one.mean, 6)}</dd></div>
          <div><dt>${say("numbers.sum")}</dt><dd>${one.count ? "–" : show(total, 6)}</dd></div>
        </dl>
        <p class="consequence">${said}</p>
        <div class="pair">
          <div><table class="worst">
            <caption>${say("numbers.worst")}</caption>
            <thead><tr><th scope="col">${say("file.line")}</th><th scope="col">${say("input.prediction")}</th><th scope="col">${say("input.target")}</th><th scope="col">${say("numbers.loss")}</th></tr></thead>
            <tbody>${worst.map(([loss, i]) => html`<tr><th scope="row">${rows[i][0]}</th><td>${show(rows[i][1], 5)}</td><td>${show(rows[i][2], 5)}</td><td class="bar" style=${`--share:${Number.isFinite(loss) && worst[0][0] > 0 && Number.isFinite(worst[0][0]) ? Math.max(0, (100 * loss) / worst[0][0]) : Number.isFinite(loss) ? 0 : 100}%`}>${show(loss, 5)}</td></tr>`)}</tbody>
          </table></div>
          <div><div class="scroll" tabindex="0" role="group" aria-label=${say("file.under")}><table class="under">
            <caption>${say("file.under")}</caption>
            <thead><tr><th scope="col">${say("numbers.under")}</th><th scope="col">${say("numbers.mean")}</th></tr></thead>
            <tbody>${under.map(({ curve, count, mean }) => html`<tr><th scope="row"><a href=${link(curve.loss)}>${inLanguage(curve.title)}</a></th><td>${count ? say("file.out", { count }) : show(mean, 6)}</td></tr>`)}</tbody>
          </table></div></div>
        </div>`}
    </section>
  `;
}

mount(File, () => say("lesson.file"));
