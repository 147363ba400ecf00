// Tables of numbers from a text with separators.

// Return the cells of a text by line, and the line whose quote is never closed, if there is one; quoted cells may hold separators, quotes (doubled) and ends of lines.
export function cellsOf(text, separator) {
  const lines = [];
  let line = [], cell = "", quoted = false, began = 1, number = 1, opened = null;
  const endCell = () => {
    line.push(cell.trim());
    cell = "";
  };
  const endLine = () => {
    endCell();
    if (line.length > 1 || line[0] !== "") lines.push({ number: began, cells: line });
    line = [];
    began = number + 1;
  };
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (quoted) {
      if (c === '"' && text[i + 1] === '"') {
        cell += '"';
        i++;
      } else if (c === '"') quoted = false;
      else cell += c;
      if (c === "\n") number++;
    } else if (c === '"' && cell.trim() === "") {
      cell = "";
      quoted = true;
      opened = number;
    } else if (c === separator) endCell();
    else if (c === "\n") {
      endLine();
      number++;
    } else cell += c;
  }
  if (cell !== "" || line.length) endLine();
  return { lines, unclosed: quoted ? opened : null };
}

// Return a number, or NaN for what is none. A comma is the point of decimals where cells are not separated by it.
export function numberOf(cell, separator) {
  const text = separator === "," ? cell : cell.replace(",", ".");
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : NaN;
}

// Return { separator, names, lines, unclosed }: columns are named by the first line, or by their number if that has none.
export function tableOf(text) {
  const clean = text.replace(/^\ufeff/, "").replace(/\r\n?/g, "\n");
  const first = clean.split("\n").find((line) => line.trim()) ?? "";
  const count = (separator) => first.split(separator).length;
  const separator = ["\t", ";", ","].reduce((best, each) => (count(each) > count(best) ? each : best));
  const { lines, unclosed } = cellsOf(clean, separator);
  const named = isNamed(lines, (cell) => Number.isFinite(numberOf(cell ?? "", separator)));
  const names = (lines[0]?.cells ?? []).map((cell, i) => (named && cell) || String(i + 1));
  return { separator, names: unique(names), lines: named ? lines.slice(1) : lines, unclosed };
}

// The first line has names if some column is a word there and a number in the second.
function isNamed([first, second], isNumber) {
  if (!first) return false;
  return second ? first.cells.some((cell, i) => !isNumber(cell) && isNumber(second.cells[i])) : !first.cells.some(isNumber);
}

// Names that come again are numbered: p, p (2).
const unique = (names) => names.map((name, i) => {
  const before = names.slice(0, i).filter((each) => each === name).length;
  return before ? `${name} (${before + 1})` : name;
});

// Return the rows [line, predictions, target] of some columns, and the lines that lack a finite number there. `targetOf`
// returns the number of a target's text, NaN where it has none.
export function rowsOf({ separator, lines }, predictions, target, targetOf = (text) => numberOf(text, separator)) {
  const rows = [], wrong = [];
  for (const { number, cells } of lines) {
    const values = predictions.map((i) => numberOf(cells[i] ?? "", separator)), y = targetOf(cells[target] ?? "");
    if (Number.isFinite(y) && values.every(Number.isFinite)) rows.push([number, values, y]);
    else wrong.push(number);
  }
  return { rows, wrong };
}

export const isNumeric = ({ separator, lines }, column) => lines.slice(0, 50).every(({ cells }) => cells[column] === "" || Number.isFinite(numberOf(cells[column] ?? "", separator)));

const TARGETS = /^(y|y_?true|target|label|actual|observed|truth|真实值?|标签)$/i;
const PREDICTIONS = /^(p|y_?pred|y_?hat|ŷ|pred|prediction|predicted|score|logit|prob|probability|forecast|预测值?|概率)$/i;

// Return the columns that look like prediction and target: by name, else the first two in the order target, prediction.
export function guess({ names }) {
  const target = names.findIndex((name) => TARGETS.test(name));
  const prediction = names.findIndex((name, i) => i !== target && PREDICTIONS.test(name));
  const other = (taken, wanted) => (wanted !== taken && wanted < names.length ? wanted : names.findIndex((_, i) => i !== taken));
  if (target >= 0 && prediction >= 0) return { target, prediction };
  if (target >= 0) return { target, prediction: other(target, 1) };
  if (prediction >= 0) return { target: other(prediction, 0), prediction };
  return { target: 0, prediction: Math.min(1, names.length - 1) };
}
