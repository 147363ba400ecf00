// Marks of a picture: curves, and handles that are dragged by pointer or moved by keys.
import { html, useMemo } from "./view.js";
import { clamp, niceStep } from "./numbers.js";
import { drag } from "./plot.js";

// Return the path of a function over the range of a scale; it breaks where the function jumps or is not finite.
export function pathOf(f, sx, sy, count = 161) {
  const far = 8 * Math.abs(sy.high - sy.low);
  const middle = (sy.high + sy.low) / 2;
  const jump = 0.015 * Math.abs(sy.high - sy.low);
  let path = "", open = false, before = NaN, xBefore = sx.low;
  const point = (x, y) => {
    path += `${open ? "L" : "M"}${sx(x).toFixed(1)},${sy(clamp(y, middle - far, middle + far)).toFixed(1)}`;
    open = true;
  };
  for (let i = 0; i < count; i++) {
    const x = sx.low + ((sx.high - sx.low) * i) / (count - 1);
    const y = f(x);
    if (Number.isNaN(y)) open = false;
    else {
      if (open && Math.abs(y - before) > jump) {
        const [left, right, low, high] = narrow(f, xBefore, x, before, y);
        if (Math.abs(high - low) > 0.5 * Math.abs(y - before)) {
          point(left, low);
          open = false;
          point(right, high);
        }
      }
      point(x, y);
    }
    before = y;
    xBefore = x;
  }
  return path;
}

// Return the two sides of where a function changes most between two places, close together.
function narrow(f, left, right, low, high) {
  for (let i = 0; i < 24; i++) {
    const middle = (left + right) / 2;
    const y = f(middle);
    if (Math.abs(y - low) < Math.abs(y - high)) [left, low] = [middle, y];
    else [right, high] = [middle, y];
  }
  return [left, right, low, high];
}

// The curve of a function. `known` is a text that differs where the function does; without it the path is made at each redraw.
export function Curve({ f, known, scales: { sx, sy, clip }, className = "curve", ...more }) {
  const path = useMemo(() => pathOf(f, sx, sy), [known ?? {}, sx.low, sx.high, sx.to, sy.low, sy.high, sy.from]);
  return html`<path class=${className} clip-path=${clip} d=${path} fill="none" ...${more} />`;
}

// A mark that is moved: role="slider", arrow keys, page keys, home and end, and a spoken value.
export function Handle({ label, value, low, high, text, at, onMove, scale, vertical = false, radius = 7, className = "", step }) {
  const small = step ?? niceStep(high - low, 200);
  const set = (next) => onMove(clamp(next, low, high));
  const keys = { ArrowRight: small, ArrowUp: small, ArrowLeft: -small, ArrowDown: -small, PageUp: 10 * small, PageDown: -10 * small };
  const onKeyDown = (event) => {
    const change = keys[event.key] ?? { Home: low - value, End: high - value }[event.key];
    if (change === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const by = event.shiftKey ? 10 * change : change;
    set(Math.abs(by) > 1e-9 ? Math.round((value + by) / small) * small : value);
  };
  const snapped = (x) => set(Math.round(x / small) * small);
  return html`
    <g class=${`handle ${className}`} role="slider" tabindex="0" aria-label=${label} aria-valuemin=${low} aria-valuemax=${high}
      aria-valuenow=${Number(value.toPrecision(6))} aria-valuetext=${text} aria-orientation=${vertical ? "vertical" : "horizontal"}
      onKeyDown=${onKeyDown} transform=${`translate(${at[0].toFixed(1)},${at[1].toFixed(1)})`} ...${drag(scale, snapped, vertical)}>
      <circle class="touch" r="14" /><circle class="ring" r=${radius + 4} /><circle class="dot" r=${radius} />
    </g>
  `;
}

// A mark that moves in two directions. Its spoken value is `text`; the arrow keys move it to all four sides.
export function Point({ label, value: [x, y], text, scales: { sx, sy }, onMove, step = 0.1, radius = 7, className = "point" }) {
  const snap = (z, scale) => clamp(Number((Math.round(z / step) * step).toPrecision(9)), scale.low, scale.high);
  const set = (a, b) => onMove([snap(a, sx), snap(b, sy)]);
  const sides = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1], PageUp: [0, 10], PageDown: [0, -10] };
  const onKeyDown = (event) => {
    const side = sides[event.key];
    if (!side || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const size = step * (event.shiftKey ? 10 : 1);
    set(x + size * side[0], y + size * side[1]);
  };
  const moved = (a, event) => set(a, sy.invert(event.clientY - event.currentTarget.ownerSVGElement.getBoundingClientRect().top));
  return html`
    <g class=${`handle ${className}`} role="slider" tabindex="0" aria-label=${label} aria-valuemin=${sy.low} aria-valuemax=${sy.high} aria-valuenow=${y}
      aria-valuetext=${text} onKeyDown=${onKeyDown} transform=${`translate(${sx(x).toFixed(1)},${sy(y).toFixed(1)})`} ...${drag(sx, moved)}>
      <circle class="touch" r="14" /><circle class="ring" r=${radius + 4} /><circle class="dot" r=${radius} />
    </g>
  `;
}
