// Drops by reason over all switches, with what each reason means.

import { get } from "./api.js";
import { byID, Table } from "./dom.js";
import { count, scaled } from "./format.js";
import { Rates } from "./rates.js";

const rates = new Rates();
const descriptions = new Map();
const table = new Table("Drops by reason", [
  { title: "Reason", class: "mono", text: (drop) => drop.reason },
  { title: "Switch", text: (drop) => drop.switch },
  { title: "Frames", class: "number", text: (drop) => count(drop.frames) },
  { title: "Now", class: "number", text: (drop) => scaled(drop.rate, "fps") },
  { title: "Meaning", class: "wrap", text: (drop) => descriptions.get(drop.reason) ?? "" },
]);

export async function loadReasons() {
  for (const { name, description } of (await get("v1/drops")).reasons) descriptions.set(name, description);
}

export function showDrops(stats) {
  const time = Date.parse(stats.time);
  const drops = stats.switches.flatMap(({ name, ledger }) =>
    Object.entries(ledger.drops).map(([reason, frames]) => ({
      switch: name, reason, frames, rate: rates.take(`${name}/${reason}`, time, { frames }).frames,
    })));
  drops.sort((a, b) => (BigInt(b.frames) > BigInt(a.frames) ? 1 : -1));
  table.update(drops, (drop) => `${drop.switch}/${drop.reason}`);
  if (drops.length && !table.element.isConnected) {
    const card = document.createElement("div");
    card.className = "card";
    card.append(table.element);
    byID("drop-list").replaceChildren(card);
  }
  if (!drops.length) byID("drop-list").replaceChildren();
  byID("no-drops").hidden = drops.length > 0;
}
