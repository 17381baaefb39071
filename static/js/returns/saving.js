// Saves the draft as it is typed: after a pause, all of it or none, and never over what someone else saved.
import { COLUMNS, go } from "./sheet.js";

const PAUSE = 1_500;
const AGAIN = 10_000;

export class Saving {
  constructor(sheet, bar) {
    this.sheet = sheet;
    this.form = sheet.form;
    this.bar = bar;
    this.status = bar.querySelector("[data-status]");
    // In sight only: read out, it would come after every cell.
    this.pending = bar.querySelector("[data-pending]");
    this.firstMistake = bar.querySelector("[data-first-mistake]");
    this.compare = bar.querySelector("[data-compare]");
    this.revision = 0;
    this.saved = "unsaved" in this.form.dataset ? -1 : 0;
    this.halted = false;
    this.leaving = false;
    this.savedAt = "";
    sheet.whenChanged(() => this.changed());
    sheet.body.addEventListener("input", () => this.changed());
    // A row that was not finished is looked at once it has been left.
    sheet.body.addEventListener("focusin", () => {
      if (this.isDirty && this.waitsFor && this.waitsFor !== sheet.active) this.soon();
    });
    this.firstMistake.addEventListener("click", () => {
      const wrong = this.form.querySelector("[data-rows] [aria-invalid=true]");
      if (wrong) go(wrong);
    });
    this.form.addEventListener("submit", (event) => this.submitted(event));
    window.addEventListener("beforeunload", (event) => {
      if (this.isDirty && !this.leaving) event.preventDefault();
    });
    window.addEventListener("pageshow", () => {
      this.leaving = false;
    });
  }

  get isDirty() {
    return this.revision !== this.saved;
  }

  say(sentence, { wrong = false } = {}) {
    this.pending.hidden = true;
    if (this.status.textContent !== sentence) this.status.textContent = sentence;
    this.bar.classList.toggle("app-sheet-bar--wrong", wrong);
  }

  changed() {
    this.revision += 1;
    this.pending.hidden = this.halted || !this.savedAt;
    this.soon();
  }

  soon(pause = PAUSE) {
    clearTimeout(this.timer);
    if (!this.halted && !this.leaving) this.timer = setTimeout(() => this.due(), pause);
  }

  due() {
    if (this.sending || !this.isDirty) return;
    const active = this.sheet.active;
    this.waitsFor = active && !active.isEmpty && !active.removed && !active.isComplete
      ? active
      : null;
    if (this.waitsFor) {
      this.say(`Not saved yet: row ${active.number} is not finished.`);
      return;
    }
    this.sending = this.send().finally(() => {
      this.sending = null;
      if (this.isDirty && this.sendAgain) this.soon(this.sendAgain);
    });
  }

  async send({ renewed = false } = {}) {
    const revision = this.revision;
    this.sendAgain = 0;
    let response;
    let said;
    try {
      response = await fetch(this.form.dataset.save, {
        method: "POST",
        body: new FormData(this.form),
        redirect: "manual",
      });
      const isJson = response.headers.get("Content-Type")?.startsWith("application/json");
      said = isJson ? await response.json() : null;
    } catch {
      this.sendAgain = AGAIN;
      this.say("Not saved: there is no connection. Trying again.", { wrong: true });
      return;
    }
    if (response.ok && said) this.accepted(said, revision);
    else if (response.status === 422 && said) this.refused(said, revision);
    else if (response.status === 409 && said) this.halt(said);
    else if (response.status === 403 && !renewed && (await this.renew())) {
      await this.send({ renewed: true });
    } else if (response.status >= 500) {
      this.sendAgain = AGAIN;
      this.say("Not saved: something went wrong on the site. Trying again.", { wrong: true });
    } else {
      this.say(
        "Not saved: you are no longer signed in. Sign in on another tab, then continue here.",
        { wrong: true },
      );
    }
  }

  // Signing in again has changed what proves that this page is the site's own.
  async renew() {
    const response = await fetch(this.form.dataset.edit, { redirect: "manual" });
    if (!response.ok) return false;
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const token = page.querySelector("[name=csrfmiddlewaretoken]")?.value;
    if (token) this.form.elements.namedItem("csrfmiddlewaretoken").value = token;
    return Boolean(token);
  }

  accepted(said, revision) {
    const version = this.form.elements.namedItem("version");
    if (String(said.version) !== version.value || !this.savedAt) this.savedAt = said.time;
    version.value = said.version;
    // A row may be gone since, where what was sent has been undone: what is there now is sent next.
    for (const [number, line] of Object.entries(said.lines)) {
      const row = this.sheet.row(Number(number));
      if (row) row.line.value = line;
    }
    this.saved = revision;
    this.sheet.clearMarks();
    this.firstMistake.hidden = true;
    if (this.isDirty) this.sendAgain = PAUSE;
    else this.say(`Saved as version ${said.version} at ${this.savedAt}.`);
  }

  // Marks every cell that is wrong, but for those of the row being filled in not reached yet.
  refused(said, revision) {
    if (revision !== this.revision) {
      this.sendAgain = PAUSE;
      return;
    }
    const active = this.sheet.active;
    const mistakes = said.mistakes.filter(({ row, column }) => {
      const wrong = this.sheet.row(row);
      return wrong && (wrong !== active || wrong.isComplete || wrong.value(column).trim() !== "");
    });
    this.mark(mistakes);
    const count = new Set(mistakes.map(({ row, column }) => `${row} ${column}`)).size;
    this.firstMistake.hidden = count === 0;
    this.waitsFor = mistakes.length < said.mistakes.length ? active : null;
    if (count) {
      this.say(`Not saved: ${count} ${count === 1 ? "cell" : "cells"} to put right.`, {
        wrong: true,
      });
    } else if (active) this.say(`Not saved yet: row ${active.number} is not finished.`);
    else this.say(said.problem, { wrong: true });
  }

  mark(mistakes) {
    this.sheet.clearMarks();
    const cells = new Map();
    for (const { row, column, said } of mistakes) {
      const key = `${row} ${column}`;
      cells.set(key, { row, column, said: [...(cells.get(key)?.said ?? []), said] });
    }
    for (const { row, column, said } of cells.values()) {
      if (COLUMNS.includes(column)) this.sheet.row(row).mark(column, said);
    }
  }

  // Nothing more is sent: what is stored is no longer what this page began from.
  halt(said) {
    this.halted = true;
    this.compare.hidden = !said.stale;
    this.say(`Not saved: ${said.problem}`, { wrong: true });
  }

  // A button of the form waits for what is being sent, whose version it has to name.
  submitted(event) {
    clearTimeout(this.timer);
    if (this.sending) {
      event.preventDefault();
      const { submitter } = event;
      this.sending.finally(() => this.form.requestSubmit(submitter));
      return;
    }
    this.leaving = true;
  }
}
