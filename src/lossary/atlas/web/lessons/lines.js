// Points to drag, and the line of each chosen loss through them.
import { html } from "../kit/view.js";
import { data } from "../kit/page.js";
import { inLanguage, say } from "../kit/messages.js";
import { announce } from "../kit/live.js";
import { fixed, show } from "../kit/numbers.js";
import { Plot } from "../kit/plot.js";
import { Point } from "../kit/marks.js";
import { Slider, TableBehind } from "../kit/controls.js";
import { link } from "../kit/frame.js";
import { costOf, fitLine } from "./line.js";
import { parameter, points, setParameter, setPoints, setShown, shown, termsOf, X, Y } from "./chosen_line.js";

const fitsOf = (pairs) => data.losses.filter((loss) => shown().includes(loss.loss)).map((loss) => {
  const terms = termsOf(loss, pairs), line = fitLine(terms);
  return { loss, line, cost: line && costOf(terms, line), style: data.losses.indexOf(loss) };
});

const saidOf = (fits) => fits.filter((fit) => fit.line).map((fit) => say("lines.slope-of", { name: inLanguage(fit.loss.title), slope: fixed(fit.line[1]) })).join(" · ");

export const segment = (line, scales) => ({ x1: scales.sx(X[0]), x2: scales.sx(X[1]), y1: scales.sy(line[0] + line[1] * X[0]), y2: scales.sy(line[0] + line[1] * X[1]), "clip-path": scales.clip });

export function Lines() {
  const pairs = points();
  const fits = fitsOf(pairs);
  const change = (next) => {
    setPoints(next);
    announce(() => saidOf(fitsOf(next)));
  };
  const names = shown();
  const toggle = (name) => setShown(names.includes(name) ? names.filter((n) => n !== name) : [...names, name]);
  return html`
    <section aria-labelledby="lines-title">
      <h2 id="lines-title">${say("lines.title")}</h2>
      <p class="lead">${say("lines.title-lead")}</p>
      <div class="two">
        <div class="pictures">
          <${Plot} label=${say("lines.picture")} x=${X} y=${Y} height=${380} xLabel="x" yLabel="y">
            ${(scales) => html`
              ${fits.map((fit) => fit.line && html`<line class=${`fit f${fit.style}`} ...${segment(fit.line, scales)} />`)}
              ${pairs.map((pair, i) => html`<${Point} key=${i} label=${say("lines.point", { number: i + 1 })} value=${pair} scales=${scales} radius=${6}
                text=${say("lines.at", { x: fixed(pair[0], 1), y: fixed(pair[1], 1) })} onMove=${(next) => change(pairs.map((old, k) => (k === i ? next : old)))} />`)}
            `}
          <//>
          <div class="buttons">
            <button type="button" onClick=${() => change([...pairs.slice(0, -1), [4, pairs.at(-1)[1] === -8 ? 4.2 : -8]])}>${pairs.at(-1)[1] === -8 ? say("lines.no-outlier") : say("lines.outlier")}</button>
            <button type="button" disabled=${pairs.length > 15} onClick=${() => change([...pairs, [-4.5 + (pairs.length % 9), 6]])}>${say("lines.add")}</button>
            <button type="button" disabled=${pairs.length < 3} onClick=${() => change(pairs.slice(0, -1))}>${say("estimate.remove")}</button>
          </div>
          <${TableBehind} title=${say("lines.picture")} heads=${[say("lines.number"), "x", "y", ...fits.map((fit) => inLanguage(fit.loss.title))]}
            rows=${() => pairs.map(([x, y], i) => [i + 1, show(x), show(y), ...fits.map((fit) => (fit.line ? show(fit.line[0] + fit.line[1] * x) : "–"))])} />
        </div>
        <div class="controls">
          <fieldset class="choices"><legend>${say("lines.losses")}</legend>
            ${data.losses.map((loss) => html`<button type="button" aria-pressed=${names.includes(loss.loss) ? "true" : "false"} onClick=${() => toggle(loss.loss)}>${inLanguage(loss.title)}</button>`)}
          </fieldset>
          <table class="fits">
            <thead><tr><th scope="col">${say("numbers.loss")}</th><th scope="col">${say("lines.intercept")}</th><th scope="col">${say("lines.slope")}</th><th scope="col">${say("lines.cost")}</th></tr></thead>
            <tbody>${fits.map((fit) => html`
              <tr id=${`fit-${fit.loss.loss}`}><th scope="row"><span class=${`swatch f${fit.style}`}></span><a href=${link(fit.loss.loss)}>${inLanguage(fit.loss.title)}</a></th>
                ${fit.line ? [...fit.line, fit.cost].map((x) => html`<td>${fixed(x, 3)}</td>`) : html`<td colspan="3">–</td>`}</tr>`)}</tbody>
          </table>
          ${fits.flatMap(({ loss }) => loss.sliders.map((view) => html`<${Slider} key=${`${loss.loss}-${view.name}`} label=${`${inLanguage(loss.title)}, ${view.letter || view.name}`} view=${{ ...view, name: `${loss.loss}-${view.name}` }} value=${parameter(loss, view)} onMove=${(x) => setParameter(loss, view, x)} />`))}
          <p class="consequence">${saidOf(fits)}</p>
        </div>
      </div>
    </section>
  `;
}
