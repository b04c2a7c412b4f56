// The loaded objects: functions, runs a second, where they are attached, what they are made of.

import { get, list, segment } from "./api.js";
import { byID, h, Table } from "./dom.js";
import { clock, count, scaled } from "./format.js";
import { Rates } from "./rates.js";

const rates = new Rates();
let programs = [];
let runs = new Map();

const table = new Table("Programs", [
  { title: "Program", text: (row) => row.program },
  {
    title: "Function",
    make: (row) => h("button", { class: "link", onclick: () => showDisassembly(row.program, row.name) }, row.name),
  },
  { title: "Section", class: "mono", text: (row) => row.section },
  { title: "Instructions", class: "number", text: (row) => count(row.instructions) },
  { title: "Attached to", text: (row) => row.attached.join(", ") },
  { title: "Runs", class: "number", text: (row) => count(row.runs) },
  { title: "Now", class: "number", text: (row) => scaled(row.rate, "/s") },
  { title: "Faults", class: "number", text: (row) => row.faults },
  { title: "Loaded", text: (row) => clock(row.loaded) },
]);

export async function loadPrograms() {
  programs = await list("v1/programs");
  draw();
}

/** Switches whose program says that it keeps a table of addresses. */
export function switchesWithTable() {
  return new Set(programs.filter(({ status }) => status.btf && status.maps.some(({ type }) => type.includes("hash")))
    .flatMap(({ status }) => status.attachments.filter(({ port }) => !port).map((attachment) => attachment.switch)));
}

export function showPrograms(stats) {
  const time = Date.parse(stats.time);
  runs = new Map(stats.programs.flatMap((program) => program.functions.map((item) => {
    const key = `${program.name}/${item.name}`;
    return [key, { ...item, rate: rates.take(key, time, { runs: item.runs }).runs }];
  })));
  draw();
}

function draw() {
  const rows = programs.flatMap(({ name: program, status }) => status.functions.map((item) => {
    const live = runs.get(`${program}/${item.name}`);
    const faults = Object.entries(live?.faults ?? {}).map(([fault, value]) => `${fault} ${count(value)}`);
    return {
      ...item, program, loaded: status.loaded, runs: live?.runs ?? "0", rate: live?.rate ?? 0,
      faults: faults.join(", ") || "0",
      attached: status.attachments.filter((attachment) => attachment.function === item.name)
        .map(({ switch: name, port }) => port ? `${name}/${port}` : name),
    };
  }));
  table.update(rows, (row) => `${row.program}/${row.name}`);
  if (!table.element.isConnected) byID("program-list").append(h("div", { class: "card" }, table.element));
  byID("program-list").hidden = rows.length === 0;
  byID("no-programs").hidden = rows.length > 0;
}

async function showDisassembly(program, name) {
  const dialog = byID("disassembly");
  const text = byID("disassembly-text");
  byID("disassembly-title").textContent = `${program}: ${name}`;
  text.replaceChildren("loading");
  dialog.showModal();
  try {
    const code = await get(`v1/programs/${segment(program)}/disassembly?function=${segment(name)}`);
    text.replaceChildren(...code.instructions.flatMap((instruction) => [
      ...(instruction.function ? [`\n${instruction.function}:\n`] : []),
      ...(instruction.source?.text ? [h("span", { class: "source" }, `; ${instruction.source.line}: ${instruction.source.text.trim()}\n`)] : []),
      `${String(instruction.index).padStart(6)}:  ${instruction.text}\n`,
    ]));
  } catch (error) {
    text.replaceChildren(error.message);
  }
}
