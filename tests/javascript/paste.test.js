import assert from "node:assert/strict";
import { test } from "node:test";

import { isBlock, Paste } from "../../static/js/returns/paste.js";
import { Undo } from "../../static/js/returns/undo.js";
import { aSheet, cell, Listening, listening } from "./page.js";

const CONTROLS = {
  input: { tagName: "INPUT", type: "text" },
  list: { tagName: "SELECT" },
  tick: { tagName: "INPUT", type: "checkbox" },
  words: { tagName: "TEXTAREA" },
};

test("several cells are a block, and so is one cell where its text would do nothing", () => {
  const blocks = {
    "one cell": ["list", "tick"],
    "one cell\r\n": ["list", "tick"],
    "two\tcells": ["input", "list", "tick", "words"],
    "two\nrows\n": ["input", "list", "tick"],
    "two\r\nrows": ["input", "list", "tick"],
  };
  for (const [text, kinds] of Object.entries(blocks)) {
    const taken = Object.keys(CONTROLS).filter((kind) => isBlock(text, CONTROLS[kind]));
    assert.deepEqual(taken, kinds, JSON.stringify(text));
  }
});

function pasting(rows, options) {
  const sheet = aSheet(rows, options);
  const panel = new Listening();
  sheet.form.parts["[data-pasted]"] = panel;
  const { heard, say } = listening();
  const undo = new Undo(sheet, new Listening(), say);
  return { sheet, panel, heard, undo, paste: new Paste(sheet, undo, say) };
}

const BLOCK = [
  { row: 2, values: { amount: "7", tupe: ["WCC", "LBHF"] } },
  { row: 3, values: { amount: "8", service: "parks" } },
];

test("a block is put into the rows whole, with the rows that it needs, and undone whole", () => {
  const { sheet, panel, heard, undo, paste } = pasting([{ amount: "1" }, { amount: "2" }]);
  paste.block = { row: sheet.row(2), column: "amount" };
  paste.put(BLOCK);
  assert.deepEqual(sheet.rows.map((row) => row.value("amount")), ["1", "7", "8"]);
  assert.equal(sheet.row(2).value("tupe"), "WCC,LBHF");
  assert.equal(sheet.row(3).value("service"), "parks");
  assert.equal(panel.hidden, true);
  assert.equal(document.activeElement, cell(sheet, 2, "amount"));
  undo.undo();
  assert.deepEqual(sheet.rows.map((row) => row.value("amount")), ["1", "2"]);
  assert.equal(sheet.row(2).value("tupe"), "");
  assert.equal(undo.steps.length, 0);
  assert.deepEqual(heard, ["Pasted 2 rows.", "Undone: the paste of 2 rows."]);
});

test("a row that a paste added stays if more was typed into it", () => {
  const { sheet, undo, paste } = pasting([{}]);
  paste.block = { row: sheet.row(1), column: "amount" };
  paste.put([{ row: 2, values: { amount: "7" } }]);
  cell(sheet, 2, "note").value = "typed since";
  undo.undo();
  assert.deepEqual(sheet.rows.map((row) => row.value("note")), ["", "typed since"]);
  assert.equal(sheet.row(2).value("amount"), "");
});

test("a half-typed cell counts as typed before the block is pasted", async () => {
  const { sheet, undo, paste } = pasting([{ amount: "1" }]);
  const asked = [];
  globalThis.FormData = Map;
  sheet.form[Symbol.iterator] = [][Symbol.iterator].bind([]);
  sheet.form.dataset.paste = "/paste/";
  globalThis.fetch = (address, { body }) => {
    asked.push([address, body.get("block"), body.get("at_row"), body.get("at_column")]);
    const rows = [{ row: 1, values: { amount: "7" } }];
    return Promise.resolve({ ok: true, json: () => Promise.resolve({ rows }) });
  };
  paste.panel.querySelectorAll = () => [];
  const put = new Promise((resolve) => sheet.whenChanged(resolve));
  const amount = cell(sheet, 1, "amount");
  amount.value = "5";
  const clipboardData = { getData: () => "7\t\n" };
  sheet.body.fire("paste", { target: amount, clipboardData });
  await put;
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(asked, [["/paste/", "7\t\n", 1, "amount"]]);
  assert.equal(amount.value, "7");
  undo.undo();
  assert.equal(amount.value, "5");
  undo.undo();
  assert.equal(amount.value, "1");
});

test("text for the cell alone is left to the browser", () => {
  const { sheet } = pasting([{ amount: "1" }]);
  const clipboardData = { getData: () => "7" };
  const target = cell(sheet, 1, "amount");
  assert.equal(sheet.body.fire("paste", { target, clipboardData }), true);
});
