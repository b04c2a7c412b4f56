// The maps with their fill, and the entries of the one that is chosen.

import { get, list, segment } from "./api.js";
import { byID, h, setText, Table } from "./dom.js";
import { compact, count } from "./format.js";

const ENTRIES_SHOWN = 200;

let maps = [];
let fill = new Map();
let chosen = null;

const table = new Table("Maps", [
  { title: "Map", make: (map) => h("button", { class: "link", onclick: () => choose(map.name) }, map.name) },
  { title: "Type", class: "mono", text: (map) => map.spec.type },
  { title: "Key", class: "number", text: (map) => `${map.spec.keySize} B` },
  { title: "Value", class: "number", text: (map) => `${map.spec.valueSize} B` },
  { title: "Entries", class: "number", text: (map) => `${count(map.filled)} of ${count(map.spec.maxEntries)}` },
  {
    title: "Fill",
    make: (map) => h("meter", { min: 0, max: map.spec.maxEntries, "aria-label": `Fill of ${map.name}` }),
    update: (node, map) => { node.value = map.filled; },
  },
]);

export async function loadMaps() {
  maps = await list("v1/maps");
  if (chosen && !maps.some(({ name }) => name === chosen)) hideEntries();
  draw();
}

export function showMaps(stats) {
  fill = new Map(stats.maps.map(({ name, entries }) => [name, entries]));
  draw();
}

function draw() {
  table.update(maps.map((map) => ({ ...map, filled: fill.get(map.name) ?? map.status.entries })), (map) => map.name);
  if (!table.element.isConnected) byID("map-list").append(h("div", { class: "card" }, table.element));
  byID("map-list").hidden = maps.length === 0;
  byID("no-maps").hidden = maps.length > 0;
}

function hideEntries() {
  chosen = null;
  byID("map-entries").replaceChildren();
}

async function choose(name) {
  chosen = name;
  const message = h("p", { class: "note" });
  const entries = new Table(`Entries of ${name}`, [
    { title: "Key", class: "mono wrap", text: (entry) => compact(entry.key) },
    { title: "Value", class: "mono wrap", text: (entry) => compact(entry.value) },
  ]);
  byID("map-entries").replaceChildren(h("article", { class: "card" },
    h("header", {}, h("h3", {}, name),
      h("button", { onclick: refresh }, "Refresh"), h("button", { onclick: hideEntries }, "Close")),
    message, entries.element));
  byID("map-entries").scrollIntoView({ block: "nearest" });
  await refresh();

  async function refresh() {
    try {
      const page = await get(`v1/maps/${segment(name)}/entries?limit=${ENTRIES_SHOWN}`);
      if (chosen !== name) return;
      entries.update(page.items, (entry) => entry.hex?.key ?? compact(entry.key));
      setText(message, page.items.length === 0 ? "It is empty."
        : page.next ? `The first ${page.items.length} entries.` : "");
    } catch (error) {
      setText(message, error.message);
    }
  }
}
