// The frame of a picture: axes, grid and scales. Marks are its children, as a function of the scales.
import { html, useState, useLayoutEffect, useRef } from "./view.js";
import { ticks, show } from "./numbers.js";
import { linear } from "./scale.js";

const LEFT = 46, RIGHT = 10, TOP = 10, BOTTOM = 26;

// x and y are [low, high]; height is in pixels. `label` is what a screen reader says of the picture; `xTicks` are marks in the place of the usual ones.
export function Plot({ label, x, y, height, xLabel = "", xTicks = null, yLabel = "", bare = false, onMove, children }) {
  const [ref, width] = useWidth();
  const bottom = xLabel === null ? 6 : BOTTOM + (xLabel ? 16 : 0);
  const left = bare ? 12 : LEFT;
  const sx = linear(x[0], x[1], left, width - RIGHT);
  const sy = y ? linear(y[0], y[1], height - bottom, TOP) : null;
  const xs = xTicks ?? ticks(x[0], x[1], Math.max(3, Math.floor(width / 70)));
  const ys = y ? ticks(y[0], y[1], Math.max(2, Math.floor(height / 38))) : [];
  const clip = useClip();
  return html`
    <div class="plot" ref=${ref}>
      ${yLabel && html`<div class="plot-name">${yLabel}</div>`}
      <svg width=${width} height=${height} role="group" aria-label=${label} ...${onMove ? drag(sx, onMove) : {}}>
        <clipPath id=${clip}><rect x=${left} y="2" width=${Math.max(0, width - left - RIGHT)} height=${height - bottom - 2} /></clipPath>
        <g class="grid" aria-hidden="true">
          ${xs.map((t) => html`<line x1=${sx(t)} x2=${sx(t)} y1=${TOP} y2=${height - bottom} class=${t === 0 ? "zero" : ""} />`)}
          ${ys.map((t) => html`<line x1=${left} x2=${width - RIGHT} y1=${sy(t)} y2=${sy(t)} class=${t === 0 ? "zero" : ""} />`)}
          ${xLabel !== null && xs.map((t) => html`<text x=${sx(t)} y=${height - bottom + 17} text-anchor="middle">${show(t)}</text>`)}
          ${!bare && ys.map((t) => html`<text x=${left - 8} y=${sy(t) + 4} text-anchor="end">${show(t)}</text>`)}
          ${xLabel && html`<text class="axis-name" x=${width - RIGHT} y=${height - 6} text-anchor="end">${xLabel}</text>`}
        </g>
        ${children({ sx, sy, width, height, bottom: height - bottom, top: TOP, clip: `url(#${clip})` })}
      </svg>
    </div>
  `;
}

let clips = 0;
function useClip() {
  const [id] = useState(() => `clip${(clips += 1)}`);
  return id;
}

// Return a ref and the width of its element, which follows the window.
function useWidth() {
  const ref = useRef(null);
  // a function, as to ask at each redraw would lay the page out each time
  const [width, setWidth] = useState(() => Math.min(640, Math.max(280, document.documentElement.clientWidth - 40)));
  useLayoutEffect(() => {
    const measure = () => ref.current && setWidth(Math.max(220, Math.floor(ref.current.clientWidth)));
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(ref.current);
    return () => observer.disconnect();
  }, []);
  return [ref, width];
}

// Return the listeners that call `onMove` with the number under a pointer that is held down.
export function drag(scale, onMove, vertical = false) {
  const move = (event) => {
    const svg = event.currentTarget.ownerSVGElement ?? event.currentTarget;
    const box = svg.getBoundingClientRect();
    onMove(scale.invert(vertical ? event.clientY - box.top : event.clientX - box.left), event);
  };
  return {
    onPointerDown: (event) => {
      if (event.button) return;
      event.stopPropagation(); // the mark under the pointer moves, not the picture behind it
      event.currentTarget.setPointerCapture(event.pointerId);
      event.currentTarget.focus?.({ preventScroll: true });
      move(event);
    },
    onPointerMove: (event) => event.currentTarget.hasPointerCapture(event.pointerId) && move(event),
  };
}
