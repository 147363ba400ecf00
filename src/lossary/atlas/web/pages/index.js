// The index: all losses by family, found by words and by what is known of them.
import { html } from "../kit/view.js";
import { data } from "../kit/page.js";
import { inLanguage, language, say } from "../kit/messages.js";
import { link, mount } from "../kit/frame.js";
import { keep, kept, word, words } from "../kit/state.js";

const FACTS = ["convex", "robust", "proper", "symmetric", "formula"];

function Index() {
  const wanted = kept("q", "", word), family = kept("family", "", word), facts = kept("is", [], words);
  const needle = wanted.toLowerCase().replaceAll("-", "_").trim();
  const fits = (loss) => {
    const said = [loss.name, ...loss.aliases, inLanguage(loss.title), inLanguage(loss.summary), loss.title.en].join(" ").toLowerCase();
    return (said.includes(needle) || said.replaceAll("_", " ").includes(needle.replaceAll("_", " "))) && (!family || loss.family === family) && facts.every((fact) => loss[fact]);
  };
  const found = data.losses.filter(fits);
  const families = [...new Set(data.losses.map((loss) => loss.family))];
  const toggle = (fact) => keep("is", facts.includes(fact) ? facts.filter((f) => f !== fact) : [...facts, fact], [], words);
  return html`
    <div class="index">
      <header class="title">
        <h1>${say("index.title")}</h1>
        <p class="summary">${say("index.lead", { count: data.losses.length })}</p>
      </header>
      <form class="search" role="search" onSubmit=${(event) => event.preventDefault()}>
        <label for="q" class="sr-only">${say("index.search")}</label>
        <input id="q" type="search" placeholder=${say("index.search")} value=${wanted} onInput=${(event) => keep("q", event.target.value, "", word)} />
        <label for="family" class="sr-only">${say("index.family")}</label>
        <select id="family" value=${family} onChange=${(event) => keep("family", event.target.value, "", word)}>
          <option value="">${say("index.all")}</option>
          ${families.map((name) => html`<option value=${name}>${say(`family.${name}`)}</option>`)}
        </select>
        <fieldset class="choices"><legend class="sr-only">${say("index.facts")}</legend>
          ${FACTS.map((fact) => html`<button type="button" aria-pressed=${facts.includes(fact) ? "true" : "false"} onClick=${() => toggle(fact)}>${say(`is.${fact}`)}</button>`)}
        </fieldset>
      </form>
      <p class="count" role="status">${say("index.count", { count: found.length })}</p>
      ${families.filter((name) => found.some((loss) => loss.family === name)).map((name) => html`
        <section aria-labelledby=${`family-${name}`}>
          <h2 id=${`family-${name}`}>${say(`family.${name}`)}</h2>
          <ul class="cards">
            ${found.filter((loss) => loss.family === name).map((loss) => html`
              <li key=${loss.name}><a class="card" style=${`--hue:${loss.hue}`} href=${link(loss.name)}>
                <svg class="spark" viewBox="0 0 72 40" aria-hidden="true"><path d=${loss.spark} /></svg>
                <span class="card-title">${inLanguage(loss.title)}</span>
                <span class="card-name" lang="en">${loss.name}</span>
                <span class="card-summary">${inLanguage(loss.summary)}</span>
              </a></li>`)}
          </ul>
        </section>`)}
      ${found.length === 0 && html`<p class="lead">${say("index.none")}</p>`}
    </div>
  `;
}

mount(Index, () => say("index.title"));
