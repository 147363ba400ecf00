// The state of the page: names and texts in the address after "#", so that it can be shared and reset.
const listeners = new Set();
let texts = new Map();
let due = 0;

const read = () => new Map(new URLSearchParams(location.hash.slice(1)));

// Codecs turn values into short texts and back; they return undefined for texts that they cannot read.
export const number = {
  read: (text) => (text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : undefined),
  write: (value) => String(Number(value.toPrecision(6))),
};
export const numbers = {
  read: (text) => {
    const values = text.split(",").map(number.read);
    return values.includes(undefined) ? undefined : values;
  },
  write: (values) => values.map(number.write).join(","),
};
export const word = { read: (text) => text, write: (value) => value };
export const words = { read: (text) => text.split(",").filter(Boolean), write: (value) => value.join(",") };

// Return the value of a name: what the address says, or what it begins with.
export function kept(name, initial, codec) {
  const text = texts.get(name);
  const value = text === undefined ? undefined : codec.read(text);
  return value === undefined ? initial : value;
}

// Set values by name; a value that equals what it begins with is left out of the address.
export function keep(name, value, initial, codec) {
  const text = codec.write(value);
  if (initial !== undefined && text === codec.write(initial)) texts.delete(name);
  else texts.set(name, text);
  changed();
}

// Forget the names that begin so, at the next change.
export function forget(beginning) {
  texts = new Map([...texts].filter(([name]) => !name.startsWith(beginning)));
}

// Forget everything but the names in `but`.
export function reset(but = []) {
  texts = new Map([...texts].filter(([name]) => but.includes(name)));
  changed();
}

// Return the state as one text: of the names that `matters` holds for.
export const described = (matters) => [...texts].filter(([name]) => matters(name)).join("&");

export function onChange(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function changed() {
  listeners.forEach((listener) => listener());
  clearTimeout(due);
  due = setTimeout(write, 200); // browsers refuse more than some hundred changes of the address in half a minute
}

function write() {
  const text = new URLSearchParams([...texts]).toString().replaceAll("%2C", ",").replaceAll("%3A", ":");
  history.replaceState(null, "", text ? `#${text}` : location.pathname + location.search);
}

texts = read();
addEventListener("hashchange", () => {
  texts = read();
  listeners.forEach((listener) => listener());
});
