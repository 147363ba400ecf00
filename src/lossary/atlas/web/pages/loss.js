// The page of a loss.
import { html } from "../kit/view.js";
import { data } from "../kit/page.js";
import { inLanguage, say } from "../kit/messages.js";
import { link, mount } from "../kit/frame.js";
import { Curves, Formula } from "../loss/curves.js";
import { Estimate } from "../loss/estimate.js";
import { Code } from "../loss/code.js";
import { Facts, Documentation } from "../loss/facts.js";
import { Numbers } from "../loss/numbers.js";

function Loss() {
  return html`
    <article class="loss">
      <header class="title">
        <p class="crumb"><a href=${link("index", { family: data.family })}>${say(`family.${data.family}`)}</a></p>
        <h1>${inLanguage(data.title)}</h1>
        <p class="names"><code lang="en">lossary.${data.name}</code></p>
        <p class="summary">${inLanguage(data.summary)}</p>
        <${Formula} />
      </header>
      ${data.own && html`<${Numbers} />`}
      <${Curves} />
      <${Estimate} />
      <${Facts} />
      ${!data.own && html`<${Numbers} />`}
      <${Code} />
      <${Documentation} />
    </article>
  `;
}

mount(Loss, () => inLanguage(data.title));
