// Draws the pictures of charts. The table beside each is its content: a picture
// is hidden from assistive technology, holds nothing that can be focused, and if
// it can't be drawn nothing is lost.

const NARROW = 560; // pixels of room below which labels are wrapped and legends drop
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

function wrap(label) {
  const lines = [""];
  for (const word of String(label).split(" ")) {
    const last = lines.length - 1;
    const longer = lines[last] ? `${lines[last]} ${word}` : word;
    if (longer.length > LABEL && lines[last]) lines.push(word);
    else lines[last] = longer;
  }
  return lines.join("<br>");
}

function categories(figure, side) {
  const traces = figure.data.filter((trace) =>
    side === "y" ? trace.orientation === "h" : trace.orientation !== "h",
  );
  const seen = new Set();
  for (const trace of traces) {
    for (const value of trace[side] ?? []) {
      if (typeof value === "string" && Number.isNaN(Number(value))) seen.add(value);
    }
  }
  return [...seen];
}

function axis(given, figure, side, narrow) {
  const styled = {
    automargin: true,
    fixedrange: true,
    gridcolor: "#e4dfd3",
    linecolor: "#8a8574",
    zerolinecolor: "#16211f",
    ticklabelstandoff: 6,
    ...given,
  };
  if (!narrow) return styled;
  const names = categories(figure, side);
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
    colorway: ["#0e4543", "#b9872c", "#5f93a0", "#573a78", "#a3521b", "#6b7a2a"],
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
    legend: {
      orientation: "h",
      x: 0,
      xanchor: "left",
      y: 1.02,
      yanchor: "bottom",
      traceorder: "normal",
      itemclick: false,
      itemdoubleclick: false,
      ...given.legend,
    },
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

async function draw(picture) {
  const source = document.getElementById(picture.dataset.chart);
  const figure = JSON.parse(source.textContent);
  const Plotly = await plotly();
  // Labels are measured as they are drawn, so the typeface must be there first.
  await document.fonts.ready;
  picture.classList.add("app-chart__picture--drawn");
  let room = 0;
  const render = (width) => {
    if (!width || width === room) return;
    room = width;
    Plotly.react(picture, structuredClone(figure.data), layout(figure, width), config);
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
