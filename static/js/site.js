// What every page needs: GOV.UK Frontend's behaviours and the charts.
import { initAll } from "../vendor/govuk-frontend/govuk-frontend.min.js";
import { drawCharts } from "./charts.js";

initAll();
drawCharts(document);

// A part that htmx has put in place may bring components and charts of its own.
document.addEventListener("htmx:load", (event) => {
  if (event.target === document.body) return;
  initAll({ scope: event.target });
  drawCharts(event.target);
});
