// What the lessons share: the head of a page, and strips with one row a class.
import { html, useState } from "../kit/view.js";
import { say } from "../kit/messages.js";
import { show } from "../kit/numbers.js";
import { link } from "../kit/frame.js";
import { Plot } from "../kit/plot.js";

export function Head({ title, lead }) {
  return html`
    <header class="title">
      <p class="crumb"><a href=${link("learn")}>${say("page.learn")}</a></p>
      <h1>${title}</h1>
      <p class="summary">${lead}</p>
    </header>
  `;
}

// A line under a formula: what was computed from what.
export const Arithmetic = ({ children }) => html`<p class="arithmetic" lang="en"><output>${children}</output></p>`;

export const ROW = 30;

// A picture with one row a name; `mark(i, y, scales)` draws a row.
export function Strip({ label, names, x, title, xLabel = "", mark, before }) {
  return html`
    <${Plot} label=${label} x=${x} height=${names.length * ROW + (xLabel ? 50 : 34)} yLabel=${title} xLabel=${xLabel}>
      ${(scales) => html`
        ${before && before(scales)}
        ${names.map((name, i) => {
          const y = 10 + ROW * (i + 0.5);
          return html`
            <line class="thread" x1=${scales.sx.from} x2=${scales.sx.to} y1=${y} y2=${y} />
            <text class="row-name" x=${scales.sx.from - 10} y=${y + 4} text-anchor="end" aria-hidden="true">${name}</text>
            ${mark(i, y, scales)}
          `;
        })}
      `}
    <//>
  `;
}

// A bar from 0 to a number in a row of a strip.
export function Bar({ from = 0, to, y, scales, className = "", size = 12 }) {
  const a = scales.sx(Math.min(from, to)), b = scales.sx(Math.max(from, to));
  return html`<rect class=${`bar-mark ${className}`} x=${a} y=${y - size / 2} width=${Math.max(0, b - a)} height=${size} rx="2" clip-path=${scales.clip} />`;
}

export const below = (i) => String(i + 1).replace(/\d/g, (digit) => "₀₁₂₃₄₅₆₇₈₉"[digit]);

// Return a number as it is, however small: a probability of 1e-20 is not 0.
export const small = (x, digits = 3) => (x !== 0 && Math.abs(x) < 1e-12 ? x.toExponential(digits - 1).replace(/-/g, "−") : show(x, digits));

const read = (text) => (text.trim() === "" ? NaN : Number(text.replace("−", "-").replace(",", ".")));

// A number to type between two ends; what is none is marked and not taken.
export function NumberField({ label, value, low, high, onMove }) {
  const [draft, setDraft] = useState(null);
  const fits = (x) => x >= low && x <= high;
  const typed = (text) => {
    setDraft(text);
    if (fits(read(text))) onMove(read(text));
  };
  return html`<input class="field" type="text" inputmode="decimal" aria-label=${label} value=${draft ?? show(value, 5)}
    aria-invalid=${draft !== null && !fits(read(draft)) ? "true" : "false"} onInput=${(event) => typed(event.target.value)} onBlur=${() => setDraft(null)} />`;
}
