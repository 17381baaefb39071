import assert from "node:assert/strict";
import { test } from "node:test";

import { watchKeys } from "../../static/js/returns/keys.js";
import { Undo } from "../../static/js/returns/undo.js";
import { aSheet, cell, Listening, listening, type } from "./page.js";

function watched(rows, options) {
  const sheet = aSheet(rows, options);
  const undo = new Undo(sheet, new Listening(), listening().say);
  watchKeys(sheet, undo);
  return sheet;
}

// Presses a key where the focus is; says whether the browser is left to do its own.
function press(sheet, key, held = {}) {
  return sheet.body.fire("keydown", { key, target: document.activeElement, ...held });
}

function enter(sheet, number, column) {
  const control = cell(sheet, number, column);
  control.focus();
  control.select();
  sheet.body.fire("focusin", { target: control });
  return control;
}

// Where the focus is: the number of the row and the column.
const place = () => [
  Number(document.activeElement.row.dataset.row),
  document.activeElement.dataset.column,
];

const ROW = { service: "libraries", kind: "saving", amount: "12.50" };

test("Enter and Shift with Enter move in the column, and Enter adds a row at the end", () => {
  const sheet = watched([ROW, ROW]);
  enter(sheet, 1, "amount");
  assert.equal(press(sheet, "Enter"), false);
  assert.deepEqual(place(), [2, "amount"]);
  press(sheet, "Enter", { shiftKey: true });
  assert.deepEqual(place(), [1, "amount"]);
  press(sheet, "Enter", { shiftKey: true });
  assert.deepEqual(place(), [1, "amount"]);
  enter(sheet, 2, "amount");
  press(sheet, "Enter");
  assert.deepEqual(place(), [3, "amount"]);
  assert.equal(sheet.rows.length, 3);
});

test("Enter in a form that holds no more rows stays where it is", () => {
  const sheet = watched([ROW], { mostRows: 1 });
  enter(sheet, 1, "amount");
  assert.equal(press(sheet, "Enter"), false);
  assert.deepEqual(place(), [1, "amount"]);
});

test("up and down move in the column and skip removed rows", () => {
  const sheet = watched([ROW, ROW, ROW]);
  sheet.row(2).removed = true;
  enter(sheet, 1, "evidence");
  assert.equal(press(sheet, "ArrowDown"), false);
  assert.deepEqual(place(), [3, "evidence"]);
  assert.equal(sheet.row(3).element.details.open, true);
  press(sheet, "ArrowDown");
  assert.deepEqual(place(), [3, "evidence"]);
  press(sheet, "ArrowUp");
  assert.deepEqual(place(), [1, "evidence"]);
});

test("a list and a text of several lines keep up and down, and give them up with Ctrl", () => {
  for (const column of ["kind", "note"]) {
    const sheet = watched([ROW, ROW]);
    enter(sheet, 1, column);
    assert.equal(press(sheet, "ArrowDown"), true, column);
    assert.deepEqual(place(), [1, column]);
    assert.equal(press(sheet, "ArrowDown", { ctrlKey: true }), false, column);
    assert.deepEqual(place(), [2, column]);
    press(sheet, "ArrowUp", { ctrlKey: true });
    assert.deepEqual(place(), [1, column]);
  }
  const sheet = watched([ROW, ROW]);
  enter(sheet, 1, "note");
  assert.equal(press(sheet, "Enter"), true);
});

test("left and right leave a text at its ends or where all of it is selected", () => {
  const sheet = watched([ROW]);
  const amount = enter(sheet, 1, "amount");
  assert.equal(press(sheet, "ArrowLeft"), false);
  assert.deepEqual(place(), [1, "scope"]);
  amount.focus();
  amount.setSelectionRange(2, 2);
  assert.equal(press(sheet, "ArrowLeft"), true);
  assert.equal(press(sheet, "ArrowRight"), true);
  amount.setSelectionRange(0, 0);
  assert.equal(press(sheet, "ArrowRight"), true);
  amount.setSelectionRange(5, 5);
  assert.equal(press(sheet, "ArrowLeft"), true);
  assert.equal(press(sheet, "ArrowRight"), false);
  assert.deepEqual(place(), [1, "recurrence"]);
  enter(sheet, 1, "note");
  assert.equal(press(sheet, "ArrowLeft"), true);
});

test("left and right skip what can't be seen, and stop at the end of the row", () => {
  const sheet = watched([ROW]);
  cell(sheet, 1, "scope").hidden = true;
  enter(sheet, 1, "kind");
  press(sheet, "ArrowRight");
  assert.deepEqual(place(), [1, "amount"]);
  enter(sheet, 1, "service");
  assert.equal(press(sheet, "ArrowLeft"), false, "a list would change its value");
  assert.deepEqual(place(), [1, "service"]);
});

test("arrows lead from a tick to the same tick of the next row, and from Remove to Remove", () => {
  const sheet = watched([ROW, ROW]);
  sheet.row(1).controls.get("tupe")[1].focus();
  press(sheet, "ArrowDown");
  assert.equal(document.activeElement, sheet.row(2).controls.get("tupe")[1]);
  sheet.row(2).remove.focus();
  press(sheet, "ArrowUp");
  assert.equal(document.activeElement, sheet.row(1).remove);
});

test("where the row shows no such column, the control in its place gets the focus", () => {
  const columns = ["recurrence", "nature", "cause", "caused_by", "tupe", "approval"];
  const sheet = watched([{ ...ROW, kind: "variance" }, ROW, {}]);
  for (const column of ["nature", "cause"]) cell(sheet, 2, column).hidden = true;
  enter(sheet, 1, "cause");
  press(sheet, "ArrowDown", { ctrlKey: true });
  assert.deepEqual(place(), [2, "recurrence"]);
  for (const number of [2, 3]) {
    for (const column of columns) {
      for (const control of sheet.row(number).controls.get(column)) control.hidden = true;
    }
  }
  enter(sheet, 1, "cause");
  press(sheet, "ArrowDown", { ctrlKey: true });
  assert.deepEqual(place(), [2, "amount"]);
  sheet.row(2).removed = true;
  enter(sheet, 1, "cause");
  press(sheet, "ArrowDown", { ctrlKey: true });
  assert.deepEqual(place(), [3, "service"], "an empty row begins with its service");
});

test("Escape takes back what was typed since the cell was entered, once", () => {
  const sheet = watched([ROW]);
  const amount = enter(sheet, 1, "amount");
  amount.value = "99";
  assert.equal(press(sheet, "Escape"), false);
  assert.equal(amount.value, "12.50");
  assert.equal(press(sheet, "Escape"), true);
});

test("F2 puts the cursor at the end of a text and opens a list", () => {
  const sheet = watched([ROW]);
  const amount = enter(sheet, 1, "amount");
  assert.equal(press(sheet, "F2"), false);
  assert.deepEqual([amount.selectionStart, amount.selectionEnd], [5, 5]);
  const kind = enter(sheet, 1, "kind");
  let opened = 0;
  kind.showPicker = () => {
    opened += 1;
  };
  press(sheet, "F2");
  assert.equal(opened, 1);
});

test("keys with Alt or Meta, keys of an open list and half a character are left alone", () => {
  const sheet = watched([ROW, ROW]);
  enter(sheet, 1, "amount");
  assert.equal(press(sheet, "ArrowDown", { altKey: true }), true);
  assert.equal(press(sheet, "Enter", { metaKey: true }), true);
  assert.equal(press(sheet, "Enter", { isComposing: true }), true);
  enter(sheet, 1, "kind").isOpen = true;
  assert.equal(press(sheet, "Enter"), true);
  assert.deepEqual(place(), [1, "kind"]);
});

test("Ctrl with Z undoes, but in a text that holds typing it is the browser's", () => {
  const sheet = watched([ROW]);
  const pressed = (target, held = { ctrlKey: true }) =>
    document.fire("keydown", { key: "z", target, ...held });
  const amount = enter(sheet, 1, "amount");
  assert.equal(pressed(amount), true, "there is nothing to undo");
  type(sheet, 1, "amount", "99");
  amount.value = "990";
  assert.equal(pressed(amount), true, "it holds typing");
  amount.value = "99";
  assert.equal(pressed(amount, { ctrlKey: true, shiftKey: true }), true, "that is redo");
  assert.equal(amount.value, "99");
  assert.equal(pressed(amount), false);
  assert.equal(amount.value, "12.50");
});
