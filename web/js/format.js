// Numbers and times as people read them. Counts are 64 bits and come as strings: BigInt until they are differences.

const grouped = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

/** "12,345" of a count that may be a string of 20 digits. */
export function count(value) {
  return grouped.format(typeof value === "string" ? BigInt(value) : value);
}

/** "1.23 M" with the unit: rates and bits. */
export function scaled(value, unit) {
  for (const [limit, prefix] of [[1e9, "G"], [1e6, "M"], [1e3, "k"]]) {
    if (value >= limit) return `${(value / limit).toFixed(2)} ${prefix}${unit}`;
  }
  return `${value < 10 && value > 0 ? value.toFixed(1) : Math.round(value)} ${unit}`;
}

export function duration(seconds) {
  const whole = Math.floor(seconds);
  const parts = [[86400, "d"], [3600, "h"], [60, "min"]];
  for (const [size, unit] of parts) {
    if (whole >= size) return `${Math.floor(whole / size)} ${unit}`;
  }
  return `${whole} s`;
}

/** "14:03:09" in the reader's own time zone. */
export function clock(time) {
  return new Date(time).toLocaleTimeString([], { hour12: false });
}

/** A typed key or value on one line. */
export function compact(value) {
  if (value === null || typeof value !== "object") return String(value);
  if (Array.isArray(value)) return `[${value.map(compact).join(", ")}]`;
  return Object.entries(value).map(([name, member]) => `${name}: ${compact(member)}`).join(", ");
}
