import assert from "node:assert/strict";
import { test } from "node:test";

import { axis, categories, wrap } from "../../static/js/charts.js";

test("a long label is wrapped between words, never within one", () => {
  const labels = {
    "Adult social care": "Adult social<br>care",
    "Children’s services and schools": "Children’s<br>services and<br>schools",
    "Incomprehensibilities apart": "Incomprehensibilities<br>apart",
    "Libraries": "Libraries",
    "": "",
  };
  for (const [label, wrapped] of Object.entries(labels)) assert.equal(wrap(label), wrapped);
});

const BARS = { data: [{ orientation: "h", y: ["Adults", "Parks", "Adults"], x: [1, 2, 3] }] };
const YEARS = { data: [{ x: ["2013", "2014"], y: [1, 2] }] };

test("names are categories, once each, on the side that the bars start from", () => {
  assert.deepEqual(categories(BARS, "y"), ["Adults", "Parks"]);
  assert.deepEqual(categories(BARS, "x"), []);
  assert.deepEqual(categories(YEARS, "x"), []);
});

test("an axis of names has no grid, and wraps the names where it is narrow", () => {
  assert.equal(axis({}, BARS, "y", false).showgrid, false);
  assert.equal(axis({ showgrid: true }, BARS, "y", false).showgrid, true);
  assert.equal(axis({}, BARS, "x", false).showgrid, undefined);
  const narrow = axis({}, { data: [{ x: ["Adult social care"], y: [1] }] }, "x", true);
  assert.deepEqual(narrow.tickvals, ["Adult social care"]);
  assert.deepEqual(narrow.ticktext, ["Adult social<br>care"]);
});

test("an axis of figures has fewer marks where it is narrow", () => {
  assert.equal(axis({}, BARS, "x", true).nticks, 4);
  assert.equal(axis({ nticks: 2 }, BARS, "x", true).nticks, 2);
  assert.equal(axis({}, BARS, "x", false).nticks, undefined);
});
