// What is known of a loss, and the losses that it becomes.
import { html, Markup } from "../kit/view.js";
import { data } from "../kit/page.js";
import { show } from "../kit/numbers.js";
import { link } from "../kit/frame.js";
import { inLanguage, say } from "../kit/messages.js";
import { inputName } from "./curves.js";

export function Facts() {
  const yes = (known) => (known ? say("yes") : say("no"));
  const convex = data.convex_in === null ? say("fact.not-stated") : Array.isArray(data.convex_in) ? html`${say("fact.convex-in")} <code lang="en">${data.convex_in.join(", ")}</code>` : yes(data.convex_in);
  const rows = [
    [say("fact.kind"), say(`kind.${data.kind}`)],
    [say("fact.family"), say(`family.${data.family}`)],
    data.aliases.length && [say("fact.aliases"), html`<code lang="en">${data.aliases.join(", ")}</code>`],
    ...Object.entries(data.domains).map(([name, interval]) => [html`${say("fact.domain")} ${inputName(name)}`, html`<span class="number">${interval}</span>`]),
    data.given.length && [say("fact.given"), data.given.map((form) => say(`form.${form}`)).join(" · ")],
    [say("fact.convex"), convex],
    data.minimizer && [say("fact.minimizer"), say(`minimizer.${data.minimizer}`)],
    data.lipschitz !== null && [say("fact.lipschitz"), show(data.lipschitz)],
    data.homogeneous !== null && [say("fact.homogeneous"), show(data.homogeneous)],
    data.symmetric && [say("fact.symmetric"), say("yes")],
    data.proper && [say("fact.proper"), say("yes")],
    ...Object.entries(data.call_words).map(([name, words]) => [html`<code lang="en">${name}</code>`, html`<code lang="en">${words.join(", ")}</code>`]),
  ].filter(Boolean);
  return html`
    <section class="facts" aria-labelledby="facts-title">
      <h2 id="facts-title">${say("facts.title")}</h2>
      <dl>${rows.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
      ${data.limits.length > 0 && html`
        <h3>${say("limits.title")}</h3>
        <ul class="limits">${data.limits.map((limit) => html`<li><${Limit} limit=${limit} /></li>`)}</ul>
      `}
    </section>
  `;
}

// A loss that this one becomes, as a link to that loss with this one laid beside it.
function Limit({ limit }) {
  const letters = Object.fromEntries(data.parameters.map((view) => [view.name, view.letter || view.name]));
  const at = Object.entries(limit.at).map(([name, x]) => `${letters[name]} → ${show(x)}`).join(", ");
  const of = Object.entries(limit.of);
  const inner = of.length > 0 && html` (<code lang="en">${of.map(([name, x]) => `${name}=${show(x)}`).join(", ")}</code>)`;
  const state = { ...Object.fromEntries(of.map(([name, x]) => [name, x])), with: data.name };
  return html`<span class="number">${limit.factor === 1 ? "" : `${show(limit.factor)} · `}</span><a href=${link(limit.loss, state)}>${inLanguage(limit.title)}</a>${inner} <span class="at">${say("limits.for", { at })}</span>`;
}

export function Documentation() {
  return html`
    <section class="docs" aria-labelledby="docs-title">
      <h2 id="docs-title">${say("docs.title")}</h2>
      <details open=${!data.formula}><summary>${say("docs.open")}</summary>
        <div lang="en"><p class="signature"><code>lossary.${data.name}${data.signature}</code></p><${Markup} of=${data.docs} /></div>
      </details>
    </section>
  `;
}
