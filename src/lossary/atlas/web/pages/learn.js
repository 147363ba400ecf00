// Where learning begins: the lessons.
import { html } from "../kit/view.js";
import { say } from "../kit/messages.js";
import { link, mount } from "../kit/frame.js";

const LESSONS = { tour: 60, information: 310, softmax: 285, classification: 345, regression: 255, file: 150 }; // each with the angle of its colour

function Learn() {
  return html`
    <div class="index">
      <header class="title">
        <h1>${say("learn.title")}</h1>
        <p class="summary">${say("learn.lead")}</p>
      </header>
      <section aria-labelledby="lessons-title">
        <h2 id="lessons-title">${say("learn.lessons")}</h2>
        <ul class="cards lessons">
          ${Object.entries(LESSONS).map(([name, hue]) => html`
            <li><a class="card" style=${`--hue:${hue}`} href=${link(name)}>
              <span class="card-title">${say(`lesson.${name}`)}</span><span class="card-summary">${say(`about.${name}`)}</span>
            </a></li>`)}
        </ul>
      </section>
    </div>
  `;
}

mount(Learn, () => say("learn.title"));
