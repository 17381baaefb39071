import assert from "node:assert/strict";
import { test } from "node:test";

import { Saving } from "../../static/js/returns/saving.js";
import { aClock, aSheet, cell, Listening } from "./page.js";

const DONE = {
  service: "libraries",
  kind: "saving",
  scope: "shared",
  amount: "1",
  recurrence: "ongoing",
  nature: "cashable",
};

class Part extends Listening {
  textContent = "";
  classList = {
    toggle: (_name, wrong) => {
      this.wrong = wrong;
    },
  };
}

function saving(rows) {
  const sheet = aSheet(rows);
  const clock = aClock();
  const bar = new Part();
  const parts = {};
  bar.querySelector = (selector) => (parts[selector] ??= new Part());
  globalThis.window = new Listening();
  globalThis.FormData = class {};
  globalThis.DOMParser = class {
    parseFromString = (value) => ({ querySelector: () => (value ? { value } : null) });
  };
  sheet.form.dataset.save = "/save/";
  sheet.form.dataset.edit = "/edit/";
  for (const row of sheet.rows) {
    row.marked = [];
    row.mark = (column, said) => row.marked.push([column, said]);
  }
  sheet.clearMarks = () => {
    for (const row of sheet.rows) row.marked = [];
  };
  const made = new Saving(sheet, bar);
  const asked = [];
  const answers = [];
  globalThis.fetch = (address) => {
    asked.push(address);
    return answers.shift()();
  };
  return {
    sheet,
    clock,
    saving: made,
    asked,
    bar,
    parts,
    form: sheet.form,
    answer: (...next) => answers.push(...next),
    // Winds the clock on and waits until all that it set off is over.
    async pass(milliseconds) {
      clock.pass(milliseconds);
      while (made.sending) await made.sending;
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

const json = (status, said) => () =>
  Promise.resolve({
    status,
    ok: status < 300,
    headers: { get: () => "application/json" },
    json: () => Promise.resolve(said),
  });
const bare = (status) => () =>
  Promise.resolve({ status, ok: false, headers: { get: () => "text/html" } });
const lost = () => Promise.reject(new TypeError("no connection"));
const accepted = (version) => json(200, { version, time: "9:41am", lines: { 1: "77" } });

test("a draft is sent once, when the typing pauses", async () => {
  const draft = saving([DONE]);
  draft.answer(accepted(2));
  for (const _key of "123") {
    draft.sheet.body.fire("input", {});
    await draft.pass(1_000);
  }
  assert.deepEqual(draft.asked, []);
  await draft.pass(500);
  assert.deepEqual(draft.asked, ["/save/"]);
  assert.equal(draft.saving.status.textContent, "Saved as version 2 at 9:41am.");
  assert.equal(draft.form.fields.version.value, 2);
  assert.equal(draft.sheet.row(1).line.value, "77");
  assert.equal(draft.saving.isDirty, false);
  await draft.pass(60_000);
  assert.equal(draft.asked.length, 1);
});

test("what is typed while a draft is on its way is sent next", async () => {
  const draft = saving([DONE]);
  draft.answer(() => {
    draft.sheet.changed();
    return accepted(2)();
  }, accepted(3));
  draft.sheet.changed();
  await draft.pass(1_500);
  assert.equal(draft.saving.isDirty, true);
  assert.equal(draft.saving.status.textContent, "");
  await draft.pass(1_500);
  assert.equal(draft.asked.length, 2);
  assert.equal(draft.saving.status.textContent, "Saved as version 3 at 9:41am.");
});

test("a row that was undone while the draft was on its way is ignored", async () => {
  const draft = saving([DONE, {}]);
  draft.answer(() => {
    draft.sheet.dropEmpty(1);
    draft.sheet.changed();
    return json(200, { version: 2, time: "9:41am", lines: { 1: "77", 2: "78" } })();
  }, accepted(3));
  draft.sheet.changed();
  await draft.pass(1_500);
  assert.equal(draft.sheet.row(1).line.value, "77");
  await draft.pass(1_500);
  assert.equal(draft.saving.isDirty, false);
});

test("a row that is being typed is sent only once it is left", async () => {
  const draft = saving([DONE, { ...DONE, amount: "" }]);
  cell(draft.sheet, 2, "amount").focus();
  draft.sheet.changed();
  await draft.pass(1_500);
  assert.equal(draft.saving.status.textContent, "Not saved yet: row 2 is not finished.");
  cell(draft.sheet, 1, "amount").focus();
  draft.answer(accepted(2));
  draft.sheet.body.fire("focusin", {});
  await draft.pass(1_500);
  assert.deepEqual(draft.asked, ["/save/"]);
});

test("wrong cells are marked and counted, but not cells not reached yet", async () => {
  const draft = saving([DONE, { ...DONE, scope: "", amount: "12", nature: "" }]);
  const mistakes = [
    { row: 1, column: "amount", said: "Too much." },
    { row: 1, column: "amount", said: "Too round." },
    { row: 2, column: "amount", said: "Too little." },
    { row: 2, column: "nature", said: "Choose one." },
    { row: 9, column: "amount", said: "It is gone." },
  ];
  draft.answer(() => {
    cell(draft.sheet, 2, "amount").focus();
    return json(422, { mistakes })();
  });
  draft.sheet.changed();
  await draft.pass(1_500);
  assert.deepEqual(draft.sheet.row(1).marked, [["amount", ["Too much.", "Too round."]]]);
  assert.deepEqual(draft.sheet.row(2).marked, [["amount", ["Too little."]]]);
  assert.equal(draft.saving.status.textContent, "Not saved: 2 cells to put right.");
  assert.equal(draft.bar.wrong, true);
  assert.equal(draft.saving.firstMistake.hidden, false);
});

test("mistakes of what has been changed meanwhile are not marked: it is sent again", async () => {
  const draft = saving([DONE]);
  draft.answer(() => {
    draft.sheet.changed();
    return json(422, { mistakes: [{ row: 1, column: "amount", said: "Too much." }] })();
  }, accepted(2));
  draft.sheet.changed();
  await draft.pass(1_500);
  assert.deepEqual(draft.sheet.row(1).marked, []);
  await draft.pass(1_500);
  assert.equal(draft.asked.length, 2);
});

test("without a connection, or where the site has a problem, it is tried again", async () => {
  for (
    const [answer, why] of [[lost, "there is no connection"], [
      bare(503),
      "something went wrong on the site",
    ]]
  ) {
    const draft = saving([DONE]);
    draft.answer(answer, accepted(2));
    draft.sheet.changed();
    await draft.pass(1_500);
    assert.match(draft.saving.status.textContent, new RegExp(`^Not saved: ${why}`));
    assert.equal(draft.bar.wrong, true);
    await draft.pass(9_999);
    assert.equal(draft.asked.length, 1);
    await draft.pass(1);
    assert.equal(draft.asked.length, 2);
    assert.equal(draft.saving.isDirty, false);
    assert.equal(draft.bar.wrong, false);
  }
});

test("once somebody else has saved, nothing more is sent", async () => {
  const draft = saving([DONE]);
  draft.answer(json(409, { problem: "Somebody has saved it.", stale: true }));
  draft.sheet.changed();
  await draft.pass(1_500);
  assert.equal(draft.saving.status.textContent, "Not saved: Somebody has saved it.");
  assert.equal(draft.saving.compare.hidden, false);
  draft.sheet.changed();
  await draft.pass(60_000);
  assert.equal(draft.asked.length, 1);
});

test("signed in again in another tab, the draft is sent with the new token", async () => {
  const draft = saving([DONE]);
  const page = { ok: true, text: () => Promise.resolve("new-token") };
  draft.answer(bare(403), () => Promise.resolve(page), accepted(2));
  draft.sheet.changed();
  await draft.pass(1_500);
  assert.deepEqual(draft.asked, ["/save/", "/edit/", "/save/"]);
  assert.equal(draft.form.fields.csrfmiddlewaretoken.value, "new-token");
  assert.equal(draft.saving.isDirty, false);
});

test("refused twice, it is not sent a third time", async () => {
  const draft = saving([DONE]);
  const page = { ok: true, text: () => Promise.resolve("new-token") };
  draft.answer(bare(403), () => Promise.resolve(page), bare(403));
  draft.sheet.changed();
  await draft.pass(1_500);
  assert.equal(draft.asked.length, 3);
  assert.match(draft.saving.status.textContent, /no longer signed in/);
});

test("a button of the form waits for what is being sent", async () => {
  const draft = saving([DONE]);
  const submitted = [];
  draft.form.requestSubmit = (submitter) => submitted.push(submitter);
  let arrive;
  draft.answer(() => new Promise((resolve) => (arrive = resolve)));
  draft.sheet.changed();
  draft.clock.pass(1_500);
  assert.equal(draft.form.fire("submit", { submitter: "Submit it" }), false);
  assert.deepEqual(submitted, []);
  arrive(await accepted(2)());
  await draft.pass(0);
  assert.deepEqual(submitted, ["Submit it"]);
  assert.equal(draft.form.fire("submit", { submitter: "Submit it" }), true);
});

test("the page is not left with something unsaved, but by its own buttons", () => {
  const draft = saving([DONE]);
  assert.equal(window.fire("beforeunload", {}), true);
  draft.sheet.changed();
  assert.equal(window.fire("beforeunload", {}), false);
  draft.form.fire("submit", {});
  assert.equal(window.fire("beforeunload", {}), true);
  window.fire("pageshow", {});
  assert.equal(window.fire("beforeunload", {}), false);
});
