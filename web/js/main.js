// The page: counters come as Server-Sent Events once a second, objects are read again when one of them changes.

import { get } from "./api.js";
import { byID, h, setText } from "./dom.js";
import { loadReasons, showDrops } from "./drops.js";
import { showEvent } from "./events.js";
import { duration } from "./format.js";
import { loadMaps, showMaps } from "./maps.js";
import { loadPrograms, showPrograms, switchesWithTable } from "./programs.js";
import { refreshAddresses, showSwitches } from "./switches.js";

const ADDRESSES_EVERY_MS = 3000;

const uptime = h("dd");

function showConnection(state, text) {
  const element = byID("connection");
  element.dataset.state = state;
  setText(element, text);
}

function showStats(stats) {
  showSwitches(stats);
  showDrops(stats);
  showPrograms(stats);
  showMaps(stats);
  setText(uptime, duration(stats.uptimeSeconds));
}

async function loadObjects() {
  await Promise.all([loadPrograms(), loadMaps()]);
  await refreshAddresses(switchesWithTable());
}

/** Runs `work` now, and once more after it when it was asked for meanwhile. */
function coalesced(work) {
  let running = false;
  let again = false;
  return async () => {
    if (running) {
      again = true;
      return;
    }
    running = true;
    do {
      again = false;
      await work().catch((error) => showConnection("lost", error.message));
    } while (again);
    running = false;
  };
}

const reload = coalesced(loadObjects);

function follow() {
  const events = new EventSource("v1/events");
  events.addEventListener("open", () => {
    showConnection("live", "live");
    reload();
  });
  events.addEventListener("error", () => showConnection("lost", "connection lost, trying again"));
  events.addEventListener("stats", (event) => showStats(JSON.parse(event.data)));
  events.addEventListener("lifecycle", (event) => {
    const { time, action, kind, name } = JSON.parse(event.data);
    showEvent(time, `${kind} ${name} ${action}`);
    reload();
  });
  events.addEventListener("trace", (event) => {
    const { time, line } = JSON.parse(event.data);
    showEvent(time, line);
  });
}

async function start() {
  const version = await get("v1/version");
  byID("service").replaceChildren(
    h("div", {}, h("dt", {}, "version"), h("dd", {}, version.version)),
    h("div", {}, h("dt", {}, "engine"), h("dd", {}, version.engines.join(", "))),
    h("div", {}, h("dt", {}, "up"), uptime));
  await loadReasons();
  showStats(await get("v1/stats"));
  await loadObjects();
  follow();
  setInterval(() => {
    if (!document.hidden) refreshAddresses(switchesWithTable());
  }, ADDRESSES_EVERY_MS);
}

start().catch((error) => showConnection("lost", error.message));
