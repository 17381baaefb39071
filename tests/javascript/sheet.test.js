import assert from "node:assert/strict";
import { test } from "node:test";

import { aSheet, cell } from "./page.js";

const SAVING = {
  service: "libraries",
  kind: "saving",
  scope: "shared",
  amount: "100",
  recurrence: "ongoing",
  nature: "cashable",
};

test("a row is complete when it says what every entry of its kind needs", () => {
  const complete = (values) => aSheet([values]).row(1).isComplete;
  assert.equal(complete(SAVING), true);
  for (const column of Object.keys(SAVING)) {
    assert.equal(complete({ ...SAVING, [column]: " " }), false, column);
  }
  const cost = { service: "libraries", kind: "ongoing_cost", scope: "shared", amount: "1" };
  assert.equal(complete(cost), true);
  const variance = { ...cost, kind: "variance" };
  assert.equal(complete(variance), false);
  assert.equal(complete({ ...variance, cause: "demand" }), true);
  assert.equal(complete({ ...variance, cause: "specification_change" }), false);
  assert.equal(
    complete({ ...variance, cause: "specification_change", caused_by: "WCC" }),
    true,
  );
});

test("the ticks of TUPE are one value, their codes between commas", () => {
  const row = aSheet([{ tupe: "WCC,LBHF" }]).row(1);
  assert.equal(row.value("tupe"), "WCC,LBHF");
  row.set("tupe", "RBKC");
  assert.deepEqual(row.controls.get("tupe").map((tick) => tick.checked), [false, true, false]);
  assert.equal(row.known.tupe, "RBKC");
  row.set("tupe", "");
  assert.equal(row.value("tupe"), "");
  assert.equal(row.isEmpty, true);
});

test("a row is illustrative as long as none of its cells differs", () => {
  const sheet = aSheet([SAVING, SAVING], { illustrative: [1] });
  assert.equal(sheet.row(1).isIllustrative, true);
  assert.equal(sheet.row(2).isIllustrative, false);
  sheet.row(1).set("note", "ours");
  assert.equal(sheet.row(1).isIllustrative, false);
  sheet.row(1).set("note", "");
  assert.equal(sheet.row(1).isIllustrative, true);
});

test("rows are added up to the most that a form holds", () => {
  const sheet = aSheet([SAVING], { mostRows: 4 });
  assert.deepEqual(sheet.add(2).map((row) => row.number), [2, 3]);
  assert.deepEqual(sheet.add(2).map((row) => row.number), [4]);
  assert.deepEqual(sheet.add(), []);
  assert.equal(sheet.form.fields.rows.value, 4);
});

test("only empty rows are dropped, from the end", () => {
  const sheet = aSheet([SAVING, {}, SAVING, {}, {}]);
  sheet.dropEmpty(5);
  assert.deepEqual(sheet.rows.map((row) => row.number), [1, 2, 3]);
  assert.equal(sheet.form.fields.rows.value, 3);
});

test("the spare row is the first empty one after all rows that are not", () => {
  assert.equal(aSheet([SAVING, {}, SAVING, {}, {}]).spare().number, 4);
  assert.equal(aSheet([{}, {}]).spare().number, 1);
  assert.equal(aSheet([SAVING]).spare().number, 2);
  assert.equal(aSheet([SAVING], { mostRows: 1 }).spare(), null);
  const removed = aSheet([SAVING, {}, {}]);
  removed.row(2).removed = true;
  assert.equal(removed.spare().number, 3);
});

test("a row that is removed is hidden, and no longer among those kept", () => {
  const sheet = aSheet([SAVING, SAVING]);
  sheet.row(1).removed = true;
  assert.equal(sheet.row(1).element.hidden, true);
  assert.deepEqual(sheet.kept.map((row) => row.number), [2]);
  sheet.row(1).removed = false;
  assert.deepEqual(sheet.kept.map((row) => row.number), [1, 2]);
});

test("a hidden cell is shown only if it is under More", () => {
  const row = aSheet([SAVING]).row(1);
  const note = row.controls.get("note")[0];
  assert.equal(row.shown("note"), note);
  assert.equal(row.shown("scope", { open: true }), row.controls.get("scope")[0]);
  assert.equal(row.element.details.open, false);
  assert.equal(row.shown("note", { open: true }), note);
  assert.equal(row.element.details.open, true);
  row.controls.get("cause")[0].hidden = true;
  assert.equal(row.shown("cause", { open: true }), null);
});

test("a control belongs to the row that it is in, as long as that row exists", () => {
  const sheet = aSheet([SAVING, {}]);
  const control = cell(sheet, 2, "amount");
  assert.equal(sheet.rowOf(control), sheet.row(2));
  control.focus();
  assert.equal(sheet.active, sheet.row(2));
  sheet.dropEmpty(1);
  assert.equal(sheet.rowOf(control), null);
  assert.equal(sheet.rowOf(null), null);
});
