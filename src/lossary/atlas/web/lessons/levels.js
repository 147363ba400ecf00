// The levels of a function over a grid, as lines: marching squares.

// Return the values of f(x, y) in rows of x, a row a y.
export const grid = (f, xs, ys) => ys.map((y) => xs.map((x) => f(x, y)));

// Return levels that lie closer together near the least value.
export function levelsOf(values, count) {
  const sorted = values.flat().filter(Number.isFinite).sort((a, b) => a - b);
  const low = sorted[0], high = sorted[Math.floor(0.92 * (sorted.length - 1))];
  return Array.from({ length: count }, (_, k) => low + (high - low) * ((k + 1) / count) ** 2);
}

// Return the path of one level: a piece of line for each cell that it crosses.
export function levelPath(values, xs, ys, level, sx, sy) {
  let path = "";
  for (let i = 0; i + 1 < ys.length; i++) {
    for (let j = 0; j + 1 < xs.length; j++) {
      const corners = [[j, i], [j + 1, i], [j + 1, i + 1], [j, i + 1]];
      const crossed = [];
      corners.forEach(([x, y], k) => {
        const [u, v] = corners[(k + 1) % 4];
        const here = values[y][x] - level, there = values[v][u] - level;
        if (here < 0 === there < 0) return;
        const share = here / (here - there);
        crossed.push(`${sx(xs[x] + share * (xs[u] - xs[x])).toFixed(1)},${sy(ys[y] + share * (ys[v] - ys[y])).toFixed(1)}`);
      });
      for (let k = 0; k + 1 < crossed.length; k += 2) path += `M${crossed[k]}L${crossed[k + 1]}`;
    }
  }
  return path;
}
