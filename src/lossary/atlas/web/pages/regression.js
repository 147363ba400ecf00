// Regression and outliers: lines under several losses, the surface of the cost, and descent on it.
import { html } from "../kit/view.js";
import { say } from "../kit/messages.js";
import { mount } from "../kit/frame.js";
import { Head } from "../lessons/parts.js";
import { Lines } from "../lessons/lines.js";
import { Descent } from "../lessons/descent.js";

function Regression() {
  return html`
    <article class="lesson">
      <${Head} title=${say("lesson.regression")} lead=${say("lines.lead")} />
      <${Lines} />
      <${Descent} />
    </article>
  `;
}

mount(Regression, () => say("lesson.regression"));
