// Controls outside of pictures: sliders with a field, choices, buttons that copy, and the table behind a picture.
import { html, useState } from "./view.js";
import { clamp, show } from "./numbers.js";
import { slide } from "./scale.js";
import { say } from "./messages.js";

// A slider beside a field for the same number; `name` is its label as plain text, `id` its name in the page. `view` says from where to where, and whether equal steps multiply.
export function Slider({ view, id = view.name, label, name = label, letter = "", value, onMove, low = view.low, high = view.high, open = view.open }) {
  const scale = slide(view.from, view.to, view.log);
  const [draft, setDraft] = useState(null);
  const valid = (x) => Number.isFinite(x) && (open ? x > low && x < high : x >= low && x <= high);
  const moved = (position) => {
    const x = scale.invert(position / 1000);
    const digits = view.log ? 2 : 1;
    const step = 10 ** (Math.floor(Math.log10(view.log ? x : view.to - view.from)) - digits - (view.log ? 0 : 1));
    onMove(clamp(Number((Math.round(x / step) * step).toPrecision(12)), view.from, view.to));
  };
  const typed = (text) => {
    const x = Number(text.replace("−", "-").replace(",", "."));
    if (text.trim() !== "" && valid(x)) onMove(x);
  };
  return html`
    <div class="slider">
      <label for=${`slider-${id}`}>${letter && html`<math><mi>${letter}</mi></math> `}${label}</label>
      <input id=${`slider-${id}`} type="range" aria-label=${id === view.name ? null : name} min="0" max="1000" step="1" value=${Math.round(1000 * clamp(scale(value), 0, 1))}
        aria-valuetext=${show(value)} style=${`--at:${100 * clamp(scale(value), 0, 1)}%`} onInput=${(event) => moved(Number(event.target.value))} />
      <input class="field" type="text" inputmode="decimal" aria-label=${say("slider.field", { name })} value=${draft ?? show(value, 4)}
        aria-invalid=${draft !== null && !valid(Number(draft.replace("−", "-").replace(",", "."))) ? "true" : "false"}
        onInput=${(event) => { setDraft(event.target.value); typed(event.target.value); }} onBlur=${() => setDraft(null)} />
    </div>
  `;
}

// A few choices of which one holds.
export function Choices({ label, value, choices, onChoose, hidden = false }) {
  return html`
    <fieldset class="choices">
      <legend class=${hidden ? "sr-only" : ""}>${label}</legend>
      ${choices.map(([key, name]) => html`<button type="button" aria-pressed=${key === value ? "true" : "false"} onClick=${() => onChoose(key)}>${name}</button>`)}
    </fieldset>
  `;
}

export function CopyButton({ text }) {
  const [done, setDone] = useState(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
    } catch { // pages of file:// may not have the clipboard
      const area = Object.assign(document.createElement("textarea"), { value: text });
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    setDone(true);
    setTimeout(() => setDone(false), 1500);
  };
  return html`<button type="button" class="quiet" onClick=${copy}>${done ? say("copy.done") : say("copy")}</button>`;
}

// The numbers of a picture as a table. Rows are made when it is opened.
export function TableBehind({ title, heads, rows }) {
  const [open, setOpen] = useState(false);
  return html`
    <details class="behind" onToggle=${(event) => setOpen(event.target.open)}>
      <summary>${say("table.show")}</summary>
      ${open && html`
        <div class="scroll" tabindex="0" role="group" aria-label=${title}>
          <table>
            <caption>${title}</caption>
            <thead><tr>${heads.map((head) => html`<th scope="col">${head}</th>`)}</tr></thead>
            <tbody>${rows().map((row) => html`<tr>${row.map((cell, i) => (i ? html`<td>${cell}</td>` : html`<th scope="row">${cell}</th>`))}</tr>`)}</tbody>
          </table>
        </div>
      `}
    </details>
  `;
}
