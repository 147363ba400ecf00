// The loss in other languages, to copy.
import { html } from "../kit/view.js";
import { data, functions } from "../kit/page.js";
import { say } from "../kit/messages.js";
import { kept, keep, word } from "../kit/state.js";
import { Choices, CopyButton } from "../kit/controls.js";
import { chosenCurve } from "./chosen.js";

const NAMES = { numpy: "NumPy", torch: "PyTorch", jax: "JAX", sql: "SQL", javascript: "JavaScript" };

export function Code() {
  const curve = chosenCurve();
  if (!curve.code) return null;
  const language = kept("code", "numpy", word);
  const what = kept("what", "value", word) === "gradient" ? "gradient" : "value";
  const known = language in NAMES ? language : "numpy";
  const text = known === "javascript" ? functions[curve.key][what === "value" ? 0 : 1].toString() : curve.code[known]?.[what];
  return html`
    <section class="code" aria-labelledby="code-title">
      <h2 id="code-title">${say("code.title")}</h2>
      <p class="lead">${say("code.lead")}</p>
      <div class="buttons">
        <${Choices} hidden label=${say("code.language")} value=${known} onChoose=${(key) => keep("code", key, "numpy", word)} choices=${Object.entries(NAMES)} />
        <${Choices} hidden label=${say("code.what")} value=${what} onChoose=${(key) => keep("what", key, "value", word)} choices=${["value", "gradient"].map((key) => [key, say(`order.${key}`)])} />
        ${text && html`<${CopyButton} text=${text} />`}
      </div>
      ${text ? html`<pre lang="en" tabindex="0" role="group" aria-label=${NAMES[known]}><code>${text}</code></pre>` : html`<p class="note">${say("code.none", { language: NAMES[known] })}</p>`}
    </section>
  `;
}
