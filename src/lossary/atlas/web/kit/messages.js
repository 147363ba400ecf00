// The words of the page in the reader's language. English and Chinese have the same keys.
import { messages } from "./page.js";
import { kept, keep, word } from "./state.js";

export const LANGUAGES = ["en", "zh"];

const preferred = (() => {
  try {
    const stored = localStorage.getItem("lossary-language");
    if (LANGUAGES.includes(stored)) return stored;
  } catch {} // storage may be forbidden
  return navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
})();

export function language() {
  const chosen = kept("lang", preferred, word);
  return LANGUAGES.includes(chosen) ? chosen : preferred;
}

export function setLanguage(chosen) {
  try {
    localStorage.setItem("lossary-language", chosen);
  } catch {}
  keep("lang", chosen, undefined, word);
}

// Return a message with its placeholders filled in: say("mean", { value: 2 }).
export function say(key, values = {}) {
  const text = messages[language()][key];
  if (text === undefined) throw new Error(`there is no message ${key}`);
  return text.replace(/\{(\w+)\}/g, (_, name) => {
    if (!(name in values)) throw new Error(`message ${key} needs ${name}`);
    return values[name];
  });
}

// Return a text that Python gives in both languages.
export const inLanguage = (texts) => texts[language()] ?? texts.en;
