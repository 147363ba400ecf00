// What all pages share: the bar above, the foot, language, theme, and drawing anew when the state changes.
import { html, render, useState, useEffect } from "./view.js";
import { LANGUAGES, language, say, setLanguage } from "./messages.js";
import { LiveRegion } from "./live.js";
import { onChange, reset } from "./state.js";
import { pages, data } from "./page.js";

const stored = () => {
  try {
    return localStorage.getItem("lossary-theme");
  } catch {
    return null;
  }
};
const systemTheme = () => (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  try {
    localStorage.setItem("lossary-theme", theme);
  } catch {}
}

document.documentElement.dataset.theme = stored() ?? systemTheme();

// The address of another page, in the language of this one.
export const link = (name, state = {}) => {
  const text = new URLSearchParams({ ...state, lang: language() }).toString();
  return `${name}.html#${text}`;
};

function Frame({ Page, title }) {
  const [, redraw] = useState(0);
  useEffect(() => onChange(() => redraw((n) => n + 1)), []);
  const theme = document.documentElement.dataset.theme;
  const names = { en: "English", zh: "中文" };
  const spoken = language() === "zh" ? "zh-Hans" : "en", called = `${title()} · Lossary`;
  // set anew, even to what it is, the language would have all styles found anew
  if (document.documentElement.lang !== spoken) document.documentElement.lang = spoken;
  if (document.title !== called) document.title = called;
  return html`
    <a class="skip" href="#main" onClick=${(event) => { event.preventDefault(); document.getElementById("main").focus(); }}>${say("frame.skip")}</a>
    <header class="bar">
      <a class="brand" href=${link("index")}><svg viewBox="0 0 24 16" width="24" height="16" aria-hidden="true"><path d="M1 1C4 12 8 15 12 15S20 12 23 1" /><circle cx="12" cy="15" r="0" /></svg>Lossary</a>
      <nav aria-label=${say("frame.pages")}>
        ${pages.map((page) => html`<a href=${link(page.name)} aria-current=${page.name === data.page ? "page" : page.name === data.section ? "true" : null}>${say(page.message)}</a>`)}
      </nav>
      <div class="settings">
        ${LANGUAGES.filter((name) => name !== language()).map((name) => html`<button type="button" class="quiet" lang=${name === "zh" ? "zh-Hans" : "en"} onClick=${() => setLanguage(name)}>${names[name]}</button>`)}
        <button type="button" class="quiet" aria-label=${say("frame.theme")} onClick=${() => { setTheme(theme === "dark" ? "light" : "dark"); redraw((n) => n + 1); }}>${theme === "dark" ? "☀" : "☾"}</button>
        <button type="button" class="quiet" onClick=${() => reset(["lang"])}>${say("frame.reset")}</button>
      </div>
    </header>
    <main id="main" tabindex="-1"><${Page} /></main>
    <footer><p>${say("frame.foot")}</p></footer>
    <${LiveRegion} />
  `;
}

// Draw a page: `Page` is its component, `title` a function that returns its title in the language of the reader.
export function mount(Page, title) {
  render(html`<${Frame} Page=${Page} title=${title} />`, document.body);
  document.body.dataset.ready = "yes";
}
