// Rates out of counters: two readings, and the time between them. A minute of history for the sparklines.

const HISTORY = 60;

export class Rates {
  #last = new Map();
  #history = new Map();

  /**
   * Takes counters ({ name: "123" }) of `key` at `time` (ms), and answers their rates a second ({ name: number }).
   * The first reading, and one after a restart of the counters, gives zeros.
   */
  take(key, time, counters) {
    const last = this.#last.get(key);
    const seconds = last ? (time - last.time) / 1000 : 0;
    const rates = {};
    for (const [name, value] of Object.entries(counters)) {
      const change = last && seconds > 0 ? Number(BigInt(value) - BigInt(last.counters[name] ?? value)) : 0;
      rates[name] = change > 0 ? change / seconds : 0;
    }
    if (!last || seconds > 0) this.#last.set(key, { time, counters });
    const history = this.#history.get(key) ?? [];
    history.push(rates);
    if (history.length > HISTORY) history.shift();
    this.#history.set(key, history);
    return rates;
  }

  history(key) {
    return this.#history.get(key) ?? [];
  }

  /** Forgets what is not among `keys`. */
  keep(keys) {
    const kept = new Set(keys);
    for (const key of this.#last.keys()) {
      if (!kept.has(key)) {
        this.#last.delete(key);
        this.#history.delete(key);
      }
    }
  }
}
