// One live region says the consequence of what was moved, once the hand rests.
import { html, useState, useEffect } from "./view.js";

let speak = () => {};
let due = 0;

// Say a sentence to screen readers; the last one of quick changes is said. A function returns one that is costly to find.
export function announce(sentence) {
  clearTimeout(due);
  due = setTimeout(() => speak(typeof sentence === "function" ? sentence() : sentence), 250);
}

export function LiveRegion() {
  const [said, setSaid] = useState("");
  useEffect(() => {
    speak = setSaid;
  }, []);
  return html`<div class="sr-only" role="status" aria-live="polite" id="said">${said}</div>`;
}
