import assert from "node:assert/strict";
import { test } from "node:test";

import { Undo } from "../../static/js/returns/undo.js";
import { aSheet, cell, Listening, listening, type } from "./page.js";

function undoing(rows) {
  const sheet = aSheet(rows);
  const button = new Listening();
  const { heard, say } = listening();
  const undo = new Undo(sheet, button, say);
  let changes = 0;
  sheet.whenChanged(() => {
    changes += 1;
  });
  return { sheet, button, heard, undo, changes: () => changes };
}

test("changes are taken back one after the other, the last one first", () => {
  const { sheet, button, heard, undo } = undoing([{ amount: "1" }, { service: "libraries" }]);
  type(sheet, 1, "amount", "2");
  type(sheet, 1, "amount", "3");
  type(sheet, 2, "service", "parks");
  button.fire("click", {});
  assert.equal(cell(sheet, 2, "service").value, "libraries");
  assert.equal(document.activeElement, cell(sheet, 2, "service"));
  undo.undo();
  assert.equal(cell(sheet, 1, "amount").value, "2");
  assert.equal(button.disabled, false);
  undo.undo();
  assert.equal(cell(sheet, 1, "amount").value, "1");
  assert.equal(button.disabled, true);
  undo.undo();
  assert.deepEqual(heard, [
    "Undone: the change in row 2.",
    "Undone: the change in row 1.",
    "Undone: the change in row 1.",
  ]);
});

test("there is nothing to undo for a cell that is left unchanged", () => {
  const { sheet, undo, changes } = undoing([{ amount: "1" }]);
  type(sheet, 1, "amount", "1");
  assert.equal(undo.steps.length, 0);
  assert.equal(changes(), 0);
});

test("what was taken back can be changed and taken back again", () => {
  const { sheet, undo, changes } = undoing([{ amount: "1" }]);
  type(sheet, 1, "amount", "2");
  undo.undo();
  type(sheet, 1, "amount", "2");
  undo.undo();
  assert.equal(cell(sheet, 1, "amount").value, "1");
  assert.equal(changes(), 4);
});

test("a row that is removed hands the focus on, and undo brings it back", () => {
  const { sheet, heard, undo } = undoing([{ amount: "1" }, { amount: "2" }]);
  const { remove } = sheet.row(1);
  remove.checked = true;
  sheet.body.fire("change", { target: remove });
  assert.equal(sheet.row(1).element.hidden, true);
  assert.equal(document.activeElement, cell(sheet, 2, "service"));
  undo.undo();
  assert.equal(sheet.row(1).removed, false);
  assert.equal(sheet.row(1).element.hidden, false);
  assert.equal(document.activeElement, cell(sheet, 1, "service"));
  assert.deepEqual(heard, [
    "Row 1 has been removed. Undo brings it back.",
    "Undone: the removal of row 1.",
  ]);
});

test("the last row that is removed hands the focus to the one before it", () => {
  const { sheet } = undoing([{ amount: "1" }, { amount: "2" }]);
  const { remove } = sheet.row(2);
  remove.checked = true;
  sheet.body.fire("change", { target: remove });
  assert.equal(document.activeElement, cell(sheet, 1, "service"));
});
