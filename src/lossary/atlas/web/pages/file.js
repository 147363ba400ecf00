// Your file: the losses of its rows, the worst of them, and the same rows under every other loss. Nothing leaves the page.
import { html, useEffect, useMemo, useState } from "../kit/view.js";
import { data } from "../kit/page.js";
import { inLanguage, say } from "../kit/messages.js";
import { link, mount } from "../kit/frame.js";
import { announce } from "../kit/live.js";
import { show } from "../kit/numbers.js";
import { keep, kept, number, numbers, reset, word } from "../kit/state.js";
import { Choices, Slider } from "../kit/controls.js";
import { isNumeric, numberOf, rowsOf, tableOf } from "../lessons/csv.js";
import { SHAPES, classOf, guessShape, labelsOf, levelOf, lossesOf, ofClasses, ofEvents, outside } from "../lessons/shapes.js";
import { Head } from "../lessons/parts.js";

const MOST = 20e6;

const own = data.own; // the page was opened for a file

function File() {
  const [text, setText] = useState(() => (own ? `prediction,target\n${own.rows.map((row) => row.join(",")).join("\n")}\n` : ""));
  const [name, setName] = useState(own ? own.file : "");
  const [problem, setProblem] = useState("");
  // What was chosen of another table says nothing of this one.
  const begin = (next, called) => {
    if (text) reset(["lang"]);
    setText(next);
    setName(called);
    setProblem("");
  };
  const open = async (file) => {
    if (!file) return;
    if (file.size > MOST) {
      setProblem(say("file.large", { size: show(file.size / 1e6), most: show(MOST / 1e6) }));
      return;
    }
    try {
      begin(new TextDecoder("utf-8", { fatal: true }).decode(await file.arrayBuffer()), file.name);
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
            <span class="note">${name}</span>
          </div>
          <div class="buttons examples"><span class="note">${say("file.examples")}</span>
            ${Object.keys(EXAMPLES).map((key) => html`<button type="button" class="quiet" onClick=${() => begin(EXAMPLES[key], say(`example.${key}`))}>${say(`example.${key}`)}</button>`)}
          </div>
          <label for="text">${say("file.paste")}</label>
          <textarea id="text" rows="5" spellcheck="false" value=${text.length > 20000 ? `${text.slice(0, 20000)}…` : text} readonly=${text.length > 20000} onInput=${(event) => { setText(event.target.value); setName(""); setProblem(""); }}></textarea>
        </div>
        ${own && name === own.file && own.count > own.rows.length && html`<p class="note">${say("own.lead", { file: own.file, count: own.count.toLocaleString("en"), shown: own.rows.length.toLocaleString("en") })}</p>`}
        ${problem && html`<p class="error" role="alert">${problem}</p>`}
      </section>
      ${table.unclosed && html`<p class="error" role="alert">${say("file.unclosed", { line: table.unclosed })}</p>`}
      ${text.trim() && !table.lines.length && html`<p class="error" role="alert">${say("file.none")}</p>`}
      ${table.lines.length > 0 && (table.names.length > 1 ? html`<${Result} table=${table} />` : html`<p class="error" role="alert">${say("file.one-column")}</p>`)}
    </article>
  `;
}

// Ten flats, their rent and a forecast, one row typed in cents; animals with a probability of each; quantiles of a demand.
const EXAMPLES = {
  rents: "flat,target,prediction\n1,620,640\n2,810,760\n3,455,500\n4,1240,1180\n5,980,1010\n6,71500,730\n7,530,560\n8,890,850\n9,1105,1150\n10,675,660\n",
  animals: "label,p_cat,p_dog,p_pig\npig,0.3,0.3,0.4\ndog,0.3,0.4,0.3\ncat,0.1,0.2,0.7\npig,0.1,0.2,0.7\ndog,0.1,0.7,0.2\ncat,0.3,0.4,0.3\n",
  demand: "day,target,q0.1,q0.5,q0.9\n1,104,80,100,125\n2,97,82,101,126\n3,133,85,104,128\n4,88,84,102,127\n5,110,83,103,126\n6,71,86,105,130\n",
};

const SEPARATOR = "|"; // of names in the address
const list = { read: (text) => text.split(SEPARATOR).filter(Boolean), write: (names) => names.join(SEPARATOR) };
const sumOf = (values) => values.reduce((a, b) => a + b, 0);
const FIRST = { classes: "cross_entropy", class_logits: "cross_entropy", bounds: "interval_score", levels: "quantiles", probability: "binary_cross_entropy", score: "binary_cross_entropy", number: "absolute_error" };
const firstOf = (shape) => FIRST[shape] ?? "gaussian";

// What the reader has chosen of a table, by the names of its columns; what it seems to be at first.
function chosenOf(table) {
  const guessed = guessShape(table);
  const column = (key, usual) => {
    const found = table.names.indexOf(kept(key, table.names[usual] ?? "", word));
    return found < 0 ? usual : found;
  };
  const target = column("target", guessed.target);
  const labels = labelsOf(table, target), usual = guessed.shape ?? usualOf(table, labels, guessed.columns[0]);
  const asked = kept("form", usual, word), shape = asked in SHAPES ? asked : usual;
  const places = SHAPES[shape];
  const rest = table.names.map((_, i) => i).filter((i) => i !== target);
  const listed = kept("columns", [], list).map((name) => table.names.indexOf(name)).filter((i) => i >= 0 && i !== target);
  const several = listed.length ? listed : places === null && SHAPES[guessed.shape] === null ? guessed.columns : rest.filter((i) => isNumeric(table, i));
  const columns = places === null ? several : places.map((key, i) => column(key, guessed.columns[i] ?? rest[i] ?? rest[0]));
  return { shape, usual, target, labels, columns };
}

// One number for one number: a number, a probability or a logit.
function usualOf(table, labels, column) {
  if (labels.length !== 2 || (labels.some((label) => !["0", "1", "0.0", "1.0"].includes(label)) && labels.some((label) => Number.isFinite(numberOf(label, table.separator))))) return "number";
  return table.lines.every(({ cells }) => !(numberOf(cells[column] ?? "", table.separator) < 0 || numberOf(cells[column] ?? "", table.separator) > 1)) ? "probability" : "score";
}

// How the texts of the target are read: as the place of a class, as whether it is the event, or as a number.
function targetOf({ shape, labels, columns }, names) {
  if (ofClasses(shape)) {
    const places = new Map(labels.map((label) => [label, classOf(label, columns.map((i) => names[i]))]));
    return { read: (text) => (places.get(text) ?? -1) >= 0 ? places.get(text) : NaN, places };
  }
  const words = ofEvents(shape) && labels.length === 2 && labels.join() !== "0,1" && labels.join() !== "0.0,1.0";
  if (!words) return {};
  const event = labels.includes(kept("event", labels[1], word)) ? kept("event", labels[1], word) : labels[1];
  return { read: (text) => (text === event ? 1 : labels.includes(text) ? 0 : NaN), event };
}

const wordsOf = (loss) => Object.fromEntries(loss.choices.map(({ name, words }) => [name, words.includes(kept(`${loss.loss}.${name}`, words[0], word)) ? kept(`${loss.loss}.${name}`, words[0], word) : words[0]]));
const numbersOf = (loss) => Object.fromEntries(loss.sliders.map((view) => [view.name, kept(`${loss.loss}.${view.name}`, view.start, number)]));
const slidersOf = (loss) => loss.sliders.filter((view) => !loss.idle.includes(view.name));

// Return one entry for each loss of this shape, that of its chosen words.
const lossesOfShape = (shape) => data.losses.filter((loss) => loss.shape === shape && Object.entries(wordsOf(loss)).every(([name, chosen]) => loss.words[name] === chosen));

function Result({ table }) {
  const chosen = chosenOf(table), { shape, target, columns, labels } = chosen, { names } = table;
  const places = SHAPES[shape], how = targetOf(chosen, names);
  const { rows, wrong } = useMemo(() => rowsOf(table, columns, target, how.read), [table, String(columns), target, shape, how.event]);
  const said = columns.map((i) => levelOf(names[i]));
  const typed = kept("levels", said.includes(null) ? columns.map((_, i) => (i + 1) / (columns.length + 1)) : said, numbers);
  const levels = typed.length === columns.length && typed.every((x) => x > 0 && x < 1) ? typed : null;
  const losses = lossesOfShape(shape);
  const memory = useMemo(() => new Map(), [rows, String(levels)]);
  const scored = (loss) => {
    const own = numbersOf(loss), key = `${loss.key} ${loss.loss} ${JSON.stringify(own)}`;
    if (!memory.has(key)) {
      const count = outside(loss, rows);
      memory.set(key, { count, losses: count || !rows.length || (shape === "levels" && !levels) ? [] : lossesOf(loss, rows, own, levels) });
    }
    return memory.get(key);
  };
  const meanOf = ({ losses: found }) => (found.length ? sumOf(found) / found.length : NaN);
  const wanted = kept("loss", firstOf(shape), word);
  const one = losses.find(({ loss }) => loss === wanted) ?? losses.find(({ loss }) => loss === firstOf(shape)) ?? losses[0];
  const result = scored(one), total = sumOf(result.losses), name = inLanguage(one.title);
  const few = Math.ceil(result.losses.length / 100); // the worst hundredth
  const ordered = result.losses.map((loss, i) => [loss, i]).sort((a, b) => b[0] - a[0]);
  const worst = ordered.slice(0, 10);
  const sentence = result.count ? say("file.outside", { count: result.count, name }) : say("file.said", { name, mean: show(meanOf(result), 5), count: few, rows: rows.length, share: show(total > 0 ? 100 * (sumOf(ordered.slice(0, few).map(([loss]) => loss)) / total) : 0) });
  useEffect(() => announce(sentence), [sentence]);
  const select = (key, value, options, label, id = key) => html`<div><label for=${id}>${label}</label>
    <select id=${id} value=${value} onChange=${(event) => keep(key, event.target.value, undefined, word)}>${options.map(([each, text]) => html`<option value=${each}>${text}</option>`)}</select></div>`;
  const all = names.map((each) => [each, each]);
  const nameOf = (key) => (key === "prediction" ? say("input.prediction") : say(`column.${key}`));
  const share = (loss) => (!Number.isFinite(loss) ? 100 : worst[0][0] > 0 && Number.isFinite(worst[0][0]) ? Math.max(0, (100 * loss) / worst[0][0]) : 0);
  const shownOf = ([, p, y]) => (ofClasses(shape) ? [p[y]] : p.length > 3 ? [p[0], p.at(-1)] : p);
  const heads = ofClasses(shape) ? [say(`judged.${shape}`)] : places ? places.map(nameOf) : columns.length > 3 ? [names[columns[0]], names[columns.at(-1)]] : columns.map((i) => names[i]);
  const labelOf = (y) => (how.read ? labels.find((label) => how.read(label) === y) : show(y, 5));
  return html`
    <section aria-labelledby="columns-title">
      <h2 id="columns-title">${say("file.result")}</h2>
      <div class="controls across">
        ${select("form", shape, Object.keys(SHAPES).map((key) => [key, say(`shape.${key}`)]), say("form.title"))}
        ${select("target", names[target], all, say("input.target"))}
        ${places && places.map((key, i) => select(key, names[columns[i]], all, nameOf(key), `column-${key}`))}
        ${how.event && select("event", how.event, labels.map((label) => [label, label]), say("file.event"))}
        ${select("loss", one.loss, losses.map((each) => [each.loss, inLanguage(each.title)]), say("numbers.loss"))}
      </div>
      ${!places && html`<${Columns} table=${table} target=${target} columns=${columns} />`}
      ${how.places && html`<p class="note" id="classes">${say("file.classes")} ${labels.slice(0, 12).map((label, i) => html`${i ? ", " : ""}<span lang="en">${label} ← ${names[columns[how.places.get(label)]] ?? "–"}</span>`)}${labels.length > 12 ? "…" : ""}</p>`}
      ${shape === "levels" && html`<${Levels} key=${String(columns)} levels=${typed} valid=${levels !== null} />`}
      ${(one.choices.length > 0 || slidersOf(one).length > 0) && html`
        <div class="controls across own" role="group" aria-label=${say("file.parameters", { name })}>
          ${one.choices.map((choice) => html`<${Choices} key=${choice.name} label=${html`<code lang="en">${choice.name}</code>`} value=${one.words[choice.name]}
            onChoose=${(chosenWord) => keep(`${one.loss}.${choice.name}`, chosenWord, choice.words[0], word)} choices=${choice.words.map((each) => [each, html`<code lang="en">${each}</code>`])} />`)}
          ${slidersOf(one).map((view) => html`<${Slider} key=${`${one.loss}.${view.name}`} id=${`${one.loss}.${view.name}`} label=${html`<code lang="en">${view.name}</code>`} name=${view.name} letter=${view.letter} view=${view}
            value=${numbersOf(one)[view.name]} onMove=${(x) => keep(`${one.loss}.${view.name}`, x, view.start, number)} />`)}
        </div>`}
      ${wrong.length > 0 && html`<p class="error" role="alert">${say("file.wrong", { count: wrong.length, line: wrong[0] })}</p>`}
      ${rows.length > 0 && html`
        <dl class="readout wide">
          <div><dt>${say("numbers.rows")}</dt><dd id="rows">${rows.length}</dd></div>
          <div class="value"><dt>${say("numbers.mean")}</dt><dd id="mean">${show(meanOf(result), 6)}</dd></div>
          <div><dt>${say("numbers.sum")}</dt><dd>${result.losses.length ? show(total, 6) : "–"}</dd></div>
        </dl>
        <p class="consequence">${sentence}</p>
        <div class="pair">
          <div><div class="scroll" tabindex="0" role="group" aria-label=${say("numbers.worst")}><table class="worst">
            <caption>${say("numbers.worst")}</caption>
            <thead><tr><th scope="col">${say("file.line")}</th>${heads.map((head) => html`<th scope="col" lang=${places || ofClasses(shape) ? null : "en"}>${head}</th>`)}<th scope="col">${say("input.target")}</th><th scope="col">${say("numbers.loss")}</th></tr></thead>
            <tbody>${worst.map(([loss, i]) => html`<tr><th scope="row">${rows[i][0]}</th>${shownOf(rows[i]).map((x) => html`<td>${show(x, 5)}</td>`)}<td lang="en">${labelOf(rows[i][2])}</td><td class="bar" style=${`--share:${share(loss)}%`}>${show(loss, 5)}</td></tr>`)}</tbody>
          </table></div></div>
          <div><div class="scroll" tabindex="0" role="group" aria-label=${say("file.under")}><table class="under">
            <caption>${say("file.under")}</caption>
            <thead><tr><th scope="col">${say("numbers.under")}</th><th scope="col">${say("numbers.mean")}</th></tr></thead>
            <tbody>${losses.map((loss) => [loss, scored(loss)]).map(([loss, found]) => html`<tr class=${loss === one ? "chosen" : ""}><th scope="row"><a href=${link(loss.loss)}>${inLanguage(loss.title)}</a></th><td>${found.count ? say("file.out", { count: found.count }) : show(meanOf(found), 6)}</td></tr>`)}</tbody>
          </table></div></div>
        </div>`}
    </section>
  `;
}

// The columns of classes or quantiles, to choose from.
function Columns({ table, target, columns }) {
  const { names } = table;
  const set = (next) => keep("columns", next.map((i) => names[i]), undefined, list);
  return html`
    <fieldset class="columns">
      <legend>${say("file.columns")}</legend>
      ${names.map((name, i) => i !== target && html`<label><input type="checkbox" checked=${columns.includes(i)} disabled=${columns.length < 3 && columns.includes(i)}
        onChange=${(event) => set(event.target.checked ? [...columns, i].sort((a, b) => a - b) : columns.filter((each) => each !== i))} /> <span lang="en">${name}</span></label>`)}
    </fieldset>
  `;
}

// The levels of the columns of quantiles, as one writes them.
function Levels({ levels, valid }) {
  const [draft, setDraft] = useState(null);
  const typed = (text) => {
    setDraft(text);
    const found = numbers.read(text.replaceAll(" ", ""));
    if (found) keep("levels", found, undefined, numbers);
  };
  return html`
    <div class="levels"><label for="levels">${say("file.levels")}</label>
      <input id="levels" class="field" type="text" inputmode="decimal" value=${draft ?? levels.join(", ")} aria-invalid=${valid ? "false" : "true"} onInput=${(event) => typed(event.target.value)} onBlur=${() => setDraft(null)} /></div>
  `;
}

mount(File, () => say("lesson.file"));
