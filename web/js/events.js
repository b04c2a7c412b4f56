// What happens: objects made and deleted, lines of trace_printk.

import { byID, h } from "./dom.js";
import { clock } from "./format.js";

const SHOWN = 200;

export function showEvent(time, text) {
  const container = byID("event-list");
  container.prepend(h("li", {}, h("time", { datetime: time }, clock(time)), text));
  while (container.children.length > SHOWN) container.lastChild.remove();
  byID("no-events").hidden = true;
}
