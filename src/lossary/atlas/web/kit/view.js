// The view library: components are functions that return html`…`.
import { h, render } from "preact";
import { useState, useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import htm from "htm";

export const html = htm.bind(h);
export { h, render, useState, useEffect, useLayoutEffect, useMemo, useRef };

// Markup that was made in Python from the definitions: formulas and docstrings.
export function Markup({ of, as = "div", ...more }) {
  return h(as, { ...more, dangerouslySetInnerHTML: { __html: of } });
}
