// A card for each switch: its program, its ports with live rates, its ledger, its table of addresses.

import { get, segment } from "./api.js";
import { byID, h, setText, Table } from "./dom.js";
import { count, scaled } from "./format.js";
import { Rates } from "./rates.js";
import { drawSparkline, makeSparkline } from "./sparkline.js";

const ADDRESSES_SHOWN = 100;

const rates = new Rates();
const cards = new Map();

const portColumns = [
  { title: "No.", class: "number", text: (port) => String(port.number) },
  { title: "Port", text: (port) => port.name },
  { title: "Link", text: (port) => state(port), state: (port) => state(port) },
  { title: "Received", class: "number", text: (port) => scaled(port.rates.rxFrames, "fps") },
  { title: "", class: "number", text: (port) => scaled(port.rates.rxBytes * 8, "bit/s") },
  { title: "Sent", class: "number", text: (port) => scaled(port.rates.txFrames, "fps") },
  { title: "", class: "number", text: (port) => scaled(port.rates.txBytes * 8, "bit/s") },
  {
    title: "Last minute",
    make: (port) => makeSparkline(`Frames a second through ${port.name}: received, and sent (dashed)`),
    update: (node, port) => drawSparkline(node, port.history),
  },
  { title: "Frames in", class: "number", text: (port) => count(port.rxFrames) },
  { title: "Frames out", class: "number", text: (port) => count(port.txFrames) },
  { title: "Dropped", class: "number", text: (port) => count(total(port.drops)) },
];

function state(port) {
  return port.adminState === "down" ? "down" : port.operState ?? "up";
}

function total(drops) {
  return Object.values(drops).reduce((sum, value) => sum + BigInt(value), 0n).toString();
}

class Card {
  constructor(name) {
    this.name = name;
    this.program = h("span", { class: "note" });
    this.ledger = h("p", { class: "note" });
    this.ports = new Table(`Ports of ${name}`, portColumns);
    this.addresses = h("div");
    this.addressTable = new Table(`Addresses that ${name} knows`, [
      { title: "Address", class: "mono", text: (entry) => entry.mac },
      { title: "VLAN", class: "number", text: (entry) => (entry.vlan == null ? "" : String(entry.vlan)) },
      { title: "Port", text: (entry) => entry.portName ?? `${entry.port} (no such port)` },
    ]);
    this.element = h("article", { class: "card" },
      h("header", {}, h("h3", {}, name), this.program), this.ports.element, this.ledger, this.addresses);
  }

  update(stats, time) {
    const program = stats.program;
    setText(this.program, program ? `decided by ${program.program}${program.function ? ` (${program.function})` : ""}`
      : "has no program: every frame is dropped");
    const ports = stats.ports.map((port) => {
      const key = `${this.name}/${port.name}`;
      const { rxFrames, rxBytes, txFrames, txBytes } = port;
      const now = rates.take(key, time, { rxFrames, rxBytes, txFrames, txBytes });
      const history = rates.history(key).map(({ rxFrames: rx, txFrames: tx }) => ({ rx, tx }));
      return { ...port, rates: now, history };
    }).sort((a, b) => a.number - b.number);
    this.ports.update(ports, (port) => port.name);
    const ledger = stats.ledger;
    setText(this.ledger, `${count(ledger.received)} received + ${count(ledger.generated)} copied = `
      + `${count(ledger.transmitted)} sent + ${count(ledger.dropped)} dropped${ledger.balanced ? "" : " — does not balance"}`);
    this.ledger.classList.toggle("unbalanced", !ledger.balanced);
  }

  async updateAddresses() {
    try {
      const page = await get(`v1/switches/${segment(this.name)}/fdb?limit=${ADDRESSES_SHOWN}`);
      this.addressTable.update(page.items, (entry) => `${entry.mac}/${entry.vlan ?? ""}`);
      if (!this.addressTable.element.isConnected) this.addresses.replaceChildren(this.addressTable.element);
    } catch {
      this.addresses.replaceChildren();
    }
  }
}

/** Shows the switches of `stats` (`GET /v1/stats`). */
export function showSwitches(stats) {
  const time = Date.parse(stats.time);
  const container = byID("switch-list");
  const names = new Set(stats.switches.map(({ name }) => name));
  for (const [name, card] of cards) {
    if (!names.has(name)) {
      card.element.remove();
      cards.delete(name);
    }
  }
  for (const item of stats.switches) {
    let card = cards.get(item.name);
    if (!card) {
      card = new Card(item.name);
      cards.set(item.name, card);
      container.append(card.element);
    }
    card.update(item, time);
  }
  rates.keep(stats.switches.flatMap((item) => item.ports.map((port) => `${item.name}/${port.name}`)));
  byID("no-switches").hidden = stats.switches.length > 0;
}

/** Asks for the tables of addresses of the switches that have a program with one. */
export async function refreshAddresses(withTable) {
  await Promise.all([...cards.values()].filter((card) => withTable.has(card.name)).map((card) => card.updateAddresses()));
}
