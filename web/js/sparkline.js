// A line for each of two series over the last minute, on one scale.

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 120;
const HEIGHT = 24;
const POINTS = 60;

export function makeSparkline(label) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "spark");
  svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", label);
  for (const name of ["tx", "rx"]) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("class", name);
    svg.append(path);
  }
  return svg;
}

/** `history` is oldest first, each { rx, tx }. */
export function drawSparkline(svg, history) {
  const top = Math.max(1, ...history.flatMap(({ rx, tx }) => [rx, tx]));
  for (const name of ["rx", "tx"]) {
    const offset = POINTS - history.length;
    const points = history.map((rates, index) => {
      const x = ((offset + index) / (POINTS - 1)) * WIDTH;
      const y = HEIGHT - 1 - (rates[name] / top) * (HEIGHT - 2);
      return `${x.toFixed(1)} ${y.toFixed(1)}`;
    });
    svg.querySelector(`.${name}`).setAttribute("d", points.length > 1 ? `M${points.join("L")}` : "");
  }
}
