// The page of a loss.
import { html, useMemo } from "../kit/view.js";
import { described } from "../kit/state.js";
import { data } from "../kit/page.js";
import { inLanguage, say } from "../kit/messages.js";
import { link, mount } from "../kit/frame.js";
import { Curves, Formula } from "../loss/curves.js";
import { Estimate } from "../loss/estimate.js";
import { Code } from "../loss/code.js";
import { Facts, Documentation } from "../loss/facts.js";
import { Numbers } from "../loss/numbers.js";

// A section is drawn anew when state that it shows has changed, not whenever something is dragged elsewhere.
function Section({ of: Of, matters }) {
  return useMemo(() => html`<${Of} />`, [described((name) => name === "lang" || matters(name))]);
}

const words = ["form", ...data.choices.map(({ name }) => name)];
const isOf = (...names) => (name) => names.includes(name);
const ofFormula = isOf(...words), ofCode = isOf(...words, "code", "what");
const ofCurves = (name) => !isOf("data", "code", "what")(name);
const ofEstimate = (name) => !isOf("x", "with", "form", "target", "code", "what")(name) && !name.includes(".");
const ofNumbers = (name) => !isOf("x", "with", "data", "target", "code", "what")(name) && !name.includes(".");

const Onward = () => html`
  <section aria-labelledby="onward-title">
    <h2 id="onward-title">${say(data.lessons.length ? "onward.title" : "learn.lessons")}</h2>
    <ul class="onward">
      ${data.lessons.map(({ page, state }) => html`<li><a href=${link(page, state)}>${say(`lesson.${page}`)}</a> – ${say(`about.${page}`)}</li>`)}
      <li><a href=${link("learn")}>${say("onward.all")}</a></li>
    </ul>
  </section>
`;

function Loss() {
  return html`
    <article class="loss">
      <header class="title">
        <p class="crumb"><a href=${link("index", { family: data.family })}>${say(`family.${data.family}`)}</a></p>
        <h1>${inLanguage(data.title)}</h1>
        <p class="names"><code lang="en">lossary.${data.name}</code></p>
        <p class="summary">${inLanguage(data.summary)}</p>
        <${Section} of=${Formula} matters=${ofFormula} />
      </header>
      ${data.own && html`<${Section} of=${Numbers} matters=${ofNumbers} />`}
      <${Section} of=${Curves} matters=${ofCurves} />
      <${Section} of=${Estimate} matters=${ofEstimate} />
      <${Section} of=${Facts} matters=${isOf()} />
      ${!data.own && html`<${Section} of=${Numbers} matters=${ofNumbers} />`}
      <${Section} of=${Code} matters=${ofCode} />
      <${Section} of=${Onward} matters=${isOf()} />
      <${Section} of=${Documentation} matters=${isOf()} />
    </article>
  `;
}

mount(Loss, () => inLanguage(data.title));
