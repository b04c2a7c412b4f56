// What the page asks the service. Paths are relative, so that a proxy may serve it under a prefix.

export class Problem extends Error {
  constructor(status, problem) {
    super(problem?.detail ?? problem?.title ?? `HTTP ${status}`);
    this.status = status;
  }
}

async function answer(path, accept) {
  const response = await fetch(path, { headers: { Accept: accept } });
  if (!response.ok) {
    const problem = await response.json().catch(() => null);
    throw new Problem(response.status, problem);
  }
  return response;
}

export async function get(path) {
  return (await answer(path, "application/json")).json();
}

export async function getText(path) {
  return (await answer(path, "text/plain")).text();
}

/** All items of a list, page by page. */
export async function list(path) {
  const items = [];
  let cursor = null;
  do {
    const query = new URLSearchParams({ limit: "1000" });
    if (cursor) query.set("cursor", cursor);
    const page = await get(`${path}?${query}`);
    items.push(...page.items);
    cursor = page.next;
  } while (cursor);
  return items;
}

/** One segment of a path. */
export function segment(name) {
  return encodeURIComponent(name);
}
