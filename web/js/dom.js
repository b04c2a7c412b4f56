// Building and updating the document. Text only ever goes in as text.

/** An element: h("td", { class: "mono" }, "text", child). Properties that begin with "on" are listeners. */
export function h(name, properties = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (value === true) element.setAttribute(key, "");
    else if (value !== false && value != null) element.setAttribute(key, value);
  }
  element.append(...children.filter((child) => child != null));
  return element;
}

/** Sets text only where it changed, so that a selection survives an update. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export function byID(id) {
  return document.getElementById(id);
}

/**
 * A table whose rows are kept by key and updated in place.
 *
 * A column is { title, class, text(row), node(row, cell), state(row) }: `text` for text, `node` for an element that is
 * made once a row and updated by `update(node, row)`.
 */
export class Table {
  constructor(caption, columns) {
    this.columns = columns;
    this.body = h("tbody");
    this.rows = new Map();
    this.element = h("table", { "aria-label": caption },
      h("thead", {}, h("tr", {}, ...columns.map((column) => h("th", { scope: "col", class: column.class }, column.title)))),
      this.body);
  }

  update(items, keyOf) {
    const seen = new Set();
    let before = this.body.firstChild;
    for (const item of items) {
      const key = keyOf(item);
      seen.add(key);
      let row = this.rows.get(key);
      if (!row) {
        row = this.#makeRow(item);
        this.rows.set(key, row);
      }
      if (row.element !== before) this.body.insertBefore(row.element, before);
      else before = before.nextSibling;
      this.#updateRow(row, item);
    }
    for (const [key, row] of this.rows) {
      if (!seen.has(key)) {
        row.element.remove();
        this.rows.delete(key);
      }
    }
  }

  #makeRow(item) {
    const cells = this.columns.map((column) => {
      const cell = h("td", { class: column.class });
      const node = column.make?.(item);
      if (node) cell.append(node);
      return { cell, node };
    });
    return { element: h("tr", {}, ...cells.map(({ cell }) => cell)), cells };
  }

  #updateRow(row, item) {
    this.columns.forEach((column, index) => {
      const { cell, node } = row.cells[index];
      if (column.text) setText(cell, column.text(item));
      if (column.update) column.update(node, item);
      if (column.state) cell.dataset.state = column.state(item);
    });
  }
}
