import assert from "node:assert/strict";
import { test } from "node:test";

import { Totals } from "../../static/js/returns/totals.js";
import { aClock, aSheet, Listening, listening, type } from "./page.js";

const KINDS = { saving: "Savings", transition_cost: "Costs" };
const NONE = { last: "{}", earlier: "{}" };
const SERVICES = [
  { service: "", ...NONE },
  { service: "childrens", depth: "0", ...NONE },
  { service: "youth-offending", depth: "1", ...NONE },
  { service: "youth-court", depth: "2", ...NONE },
  { service: "adults", depth: "0", ...NONE },
];

class Element extends Listening {
  classList = { toggle: () => {} };
  parts = {};

  querySelector(selector) {
    this.parts[selector] ??= new Element();
    return this.parts[selector];
  }
}

function counting(rows, { services = SERVICES, illustrative } = {}) {
  const sheet = aSheet(rows, { illustrative });
  const { heard, say } = listening();
  const clock = aClock();
  const boxes = Object.entries(KINDS).map(([kind, name]) => {
    const box = Object.assign(new Element(), { dataset: { total: kind } });
    box.querySelector("dt").textContent = name;
    return box;
  });
  const elements = services.map((dataset) => Object.assign(new Element(), { dataset }));
  sheet.form.parts["[data-total]"] = boxes;
  sheet.form.parts["[data-service]"] = elements;
  sheet.form.parts["[data-beside-kind]"] = Object.assign(new Element(), { value: "saving" });
  document.createElement = () => new Element();
  for (const row of sheet.rows) row.element.querySelector = () => null;
  globalThis.requestAnimationFrame = (act) => act();
  const totals = new Totals(sheet, say);
  const shown = (slug, figure) => {
    const element = elements.find(({ dataset }) => dataset.service === slug);
    return words(element.querySelector(`[data-figure="${figure}"]`));
  };
  return { sheet, totals, heard, clock, shown, boxes };
}

const words = (element) =>
  element.children.map((child) => child.textContent ?? child).join("").trim();
const row = (service, kind, amount) => ({ service, kind, amount });

test("amounts are summed by kind, to the penny", () => {
  const { byKind } = counting([
    row("childrens", "saving", "0.10"),
    row("adults", "saving", "0.20"),
    row("adults", "saving", "(1,000)"),
    row("adults", "transition_cost", "45k"),
  ]).totals.count();
  assert.equal(byKind.saving.pence, -99_970n);
  assert.equal(byKind.transition_cost.pence, 4_500_000n);
  assert.equal(byKind.variance, undefined);
});

test("a row without a service, a kind or an amount that can be read is not summed", () => {
  const { byKind } = counting([
    row("", "saving", "1"),
    row("adults", "", "1"),
    row("adults", "another", "1"),
    row("adults", "saving", "1,50"),
    row("adults", "saving", ""),
  ]).totals.count();
  assert.deepEqual(byKind, {});
});

test("a row that is removed is not summed", () => {
  const { sheet, totals } = counting([
    row("adults", "saving", "1"),
    row("adults", "saving", "2"),
  ]);
  sheet.row(1).removed = true;
  assert.equal(totals.count().byKind.saving.pence, 200n);
});

test("a service's sum holds those beneath it, and the first line holds them all", () => {
  const { byService } = counting([
    row("youth-court", "saving", "1"),
    row("youth-offending", "saving", "10"),
    row("childrens", "saving", "100"),
    row("adults", "saving", "1000"),
    row("not-in-the-list", "saving", "10000"),
  ]).totals.count();
  const sums = Object.fromEntries(
    [...byService].map(([slug, { saving }]) => [slug, saving.pence]),
  );
  assert.deepEqual(sums, {
    "": 1_111_100n,
    childrens: 11_100n,
    "youth-offending": 1_100n,
    "youth-court": 100n,
    adults: 100_000n,
  });
});

test("a sum is illustrative when any row of it is", () => {
  const rows = [row("adults", "saving", "1"), row("adults", "saving", "2")];
  const { sheet, totals } = counting(rows, { illustrative: [2] });
  assert.equal(totals.count().byKind.saving.illustrative, true);
  sheet.row(2).set("amount", "3");
  assert.deepEqual(totals.count().byKind.saving, { pence: 400n, illustrative: false });
});

test("what was reported earlier and what is typed now come to the sum to date", () => {
  const earlier = JSON.stringify({ saving: { pence: "123456", illustrative: false } });
  const last = JSON.stringify({ saving: { pence: "-5", illustrative: true } });
  const services = [{ service: "adults", depth: "0", last, earlier }];
  const { sheet, shown } = counting([row("adults", "saving", "")], { services });
  assert.equal(shown("adults", "to-date"), "£1,234.56");
  assert.equal(shown("adults", "now"), "–none");
  sheet.row(1).set("amount", "0.44");
  sheet.body.fire("input", {});
  assert.equal(shown("adults", "now"), "£0.44");
  assert.equal(shown("adults", "to-date"), "£1,235.00");
});

test("the sums are said in a sentence, once, when the typing pauses", () => {
  const { sheet, heard, clock, boxes } = counting([row("adults", "saving", "1")]);
  assert.equal(words(boxes[0].querySelector("dd")), "£1.00");
  for (const amount of ["12", "123", "1234.5"]) {
    type(sheet, 1, "amount", amount);
    sheet.body.fire("input", {});
    clock.pass(400);
  }
  assert.deepEqual(heard, []);
  clock.pass(1_000);
  assert.deepEqual(heard, ["Savings £1,234.50."]);
  sheet.row(1).removed = true;
  sheet.changed();
  clock.pass(1_000);
  assert.deepEqual(heard.slice(1), ["No amounts."]);
});
