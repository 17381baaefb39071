// Draws the pictures of charts. The table beside each is its content: a picture
// is hidden from assistive technology, holds nothing that can be focused, and if
// it can't be drawn nothing is lost.

const NARROW = 560; // pixels of room below which labels are wrapped
// Neighbours differ in lightness, so that a stack can be read in grey and in print.
const COLOURS = ["#0e4543", "#5f93a0", "#8f3f14", "#b9872c", "#573a78", "#8a9440"];
const LABEL = 16; // characters of a label before it is wrapped, where it is narrow

let library; // a promise of Plotly, fetched once and only where there is a chart

function plotly() {
  library ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = document.querySelector("meta[name=plotly]").content;
    script.addEventListener("load", () => resolve(window.Plotly));
    script.addEventListener("error", reject);
    document.head.append(script);
  });
  return library;
}

export function wrap(label) {
  const lines = [""];
  for (const word of String(label).split(" ")) {
    const last = lines.length - 1;
    const longer = lines[last] ? `${lines[last]} ${word}` : word;
    if (longer.length > LABEL && lines[last]) lines.push(word);
    else lines[last] = longer;
  }
  return lines.join("<br>");
}

export function categories(figure, side) {
  const traces = figure.data.filter((trace) =>
    side === "y" ? trace.orientation === "h" : trace.orientation !== "h"
  );
  const seen = new Set();
  for (const trace of traces) {
    for (const value of trace[side] ?? []) {
      if (typeof value === "string" && Number.isNaN(Number(value))) seen.add(value);
    }
  }
  return [...seen];
}

export function axis(given, figure, side, narrow) {
  const styled = {
    automargin: true,
    fixedrange: true,
    gridcolor: "#e4dfd3",
    linecolor: "#8a8574",
    zerolinecolor: "#16211f",
    ticklabelstandoff: 6,
    ...given,
  };
  const names = categories(figure, side);
  if (names.length) styled.showgrid = given?.showgrid ?? false;
  if (!narrow) return styled;
  if (names.length) {
    styled.tickmode = "array";
    styled.tickvals = names;
    styled.ticktext = names.map(wrap);
  } else {
    styled.nticks = given?.nticks ?? 4;
  }
  return styled;
}

function layout(figure, room) {
  const given = figure.layout ?? {};
  const narrow = room < NARROW;
  const family = getComputedStyle(document.body).fontFamily;
  return {
    colorway: COLOURS,
    bargap: 0.32,
    bargroupgap: 0.08,
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    ...given,
    title: undefined,
    template: undefined,
    width: room,
    height: (narrow && given.meta?.narrow_height) || given.height || 400,
    dragmode: false,
    separators: ".,",
    font: { family, size: narrow ? 14 : 16, color: "#16211f", ...given.font },
    margin: { l: 8, r: narrow ? 12 : 24, t: 12, b: 8, ...given.margin },
    xaxis: axis(given.xaxis, figure, "x", narrow),
    yaxis: axis(given.yaxis, figure, "y", narrow),
    showlegend: false,
    hoverlabel: {
      bgcolor: "#16211f",
      bordercolor: "#16211f",
      font: { family, size: 15, color: "#ffffff" },
      ...given.hoverlabel,
    },
  };
}

const config = {
  displayModeBar: false,
  displaylogo: false,
  doubleClick: false,
  scrollZoom: false,
  showTips: false,
  locale: "en",
};

// Bars that touch are set apart by a line of the page's own colour.
function traces(figure) {
  return figure.data.map((trace) =>
    trace.type === "bar"
      ? { ...trace, marker: { line: { color: "#ffffff", width: 1 }, ...trace.marker } }
      : { ...trace }
  );
}

// The key to the colours, as a list that wraps like text (Plotly's own does not
// know how wide it may be). Left out for one trace, or where the figure says so.
function key(figure) {
  const given = figure.layout?.legend ?? {};
  const named = figure.data
    .map((trace, place) => ({ trace, place }))
    .filter(({ trace }) => trace.name && trace.showlegend !== false);
  if (named.length < 2 || figure.layout?.showlegend === false) return null;
  if (String(given.traceorder).includes("reversed")) named.reverse();
  const list = document.createElement("ul");
  list.className = "app-chart__key";
  for (const { trace, place } of named) {
    const item = document.createElement("li");
    const swatch = document.createElement("span");
    const colour = trace.marker?.color ?? trace.line?.color;
    swatch.className = "app-chart__swatch";
    swatch.style.backgroundColor = typeof colour === "string"
      ? colour
      : COLOURS[place % COLOURS.length];
    if (trace.marker?.pattern?.shape) swatch.classList.add("app-chart__swatch--hatched");
    item.append(swatch, trace.name);
    list.append(item);
  }
  return list;
}

async function draw(picture) {
  const source = document.getElementById(picture.dataset.chart);
  const figure = JSON.parse(source.textContent);
  const Plotly = await plotly();
  // Labels are measured as they are drawn, so the typeface must be there first.
  await document.fonts.ready;
  picture.classList.add("app-chart__picture--drawn");
  const plot = document.createElement("div");
  picture.replaceChildren(...[key(figure), plot].filter(Boolean));
  let room = 0;
  const render = (width) => {
    if (!width || width === room) return;
    room = width;
    Plotly.react(plot, traces(figure), layout(figure, width), config);
  };
  render(picture.clientWidth);
  new ResizeObserver(() => render(picture.clientWidth)).observe(picture);
  window.addEventListener("beforeprint", () => render(640));
  window.addEventListener("afterprint", () => render(picture.clientWidth));
}

export function drawCharts(scope) {
  for (const picture of scope.querySelectorAll("[data-chart]:not([data-drawn])")) {
    picture.dataset.drawn = "";
    draw(picture).catch((error) => {
      picture.classList.remove("app-chart__picture--drawn");
      console.error("A chart could not be drawn; its table stands.", error);
    });
  }
}
