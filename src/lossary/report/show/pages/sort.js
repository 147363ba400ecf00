// Sorts a table by the head of a column that is pressed, and finds rows of long tables. Without it they stand in their own order.
{
  const LONG = 20;
  const collator = new Intl.Collator(undefined, { numeric: true });
  const keyOf = (cell) =>
    "v" in cell.dataset
      ? Number(cell.dataset.v || NaN)
      : (cell.querySelector("bdi") ?? cell).textContent.trim();
  const isMissing = (key) => key === "" || key !== key;
  const compare = (a, b) => (typeof a === "string" ? collator.compare(a, b) : a < b ? -1 : a > b ? 1 : 0);

  const sort = (table, column, head) => {
    const body = table.tBodies[0];
    const keys = new Map([...body.rows].map((row) => [row, keyOf(row.cells[column])]));
    // names begin with the first, numbers with the largest
    const was = head.getAttribute("aria-sort");
    const up = was ? was === "descending" : column === 0;
    const sorted = [...body.rows].sort((one, other) => {
      const [a, b] = [keys.get(one), keys.get(other)];
      return isMissing(a) - isMissing(b) || (up ? compare(a, b) : compare(b, a));
    });
    for (const each of table.tHead.rows[0].cells) each.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", up ? "ascending" : "descending");
    body.append(...sorted);
  };

  const find = (table) => {
    const rows = [...table.tBodies[0].rows];
    const line = document.createElement("p");
    line.className = "find";
    const label = document.createElement("label");
    label.textContent = "Find ";
    const input = document.createElement("input");
    input.type = "search";
    const output = document.createElement("output");
    label.append(input);
    line.append(label, " ", output);
    table.parentElement.before(line);
    input.addEventListener("input", () => {
      const wanted = input.value.trim().toLocaleLowerCase();
      for (const row of rows) row.hidden = !row.cells[0].textContent.toLocaleLowerCase().includes(wanted);
      output.textContent = wanted ? `${rows.filter((row) => !row.hidden).length} of ${rows.length}` : "";
    });
  };

  for (const table of document.querySelectorAll("table.sorts")) {
    const count = table.tBodies[0].rows.length;
    if (count < 2) continue;
    [...table.tHead.rows[0].cells].forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      const label = head.querySelector(".label") ?? head;
      button.append(...label.childNodes);
      label.append(button);
      button.addEventListener("click", () => sort(table, column, head));
    });
    if (count > LONG) find(table);
  }
}
