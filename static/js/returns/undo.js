// Takes back the last change of a cell, removal of a row or paste, one after the other.
import { go } from "./sheet.js";

export class Undo {
  constructor(sheet, button, say) {
    this.sheet = sheet;
    this.button = button;
    this.say = say;
    this.steps = [];
    button.hidden = false;
    button.addEventListener("click", () => this.undo());
    sheet.body.addEventListener("change", (event) => this.noticed(event.target));
  }

  push(step) {
    this.steps.push(step);
    this.button.disabled = false;
  }

  // A cell's value as it became by hand, beside what it was.
  noticed(control) {
    const row = this.sheet.rowOf(control);
    const column = control.dataset.column;
    if (!row || !column) return;
    if (column === "remove") {
      this.removed(row);
      return;
    }
    const [before, after] = [row.known[column], row.value(column)];
    if (before === after) return;
    row.known[column] = after;
    this.push({ said: `the change in row ${row.number}`, cells: [{ row, column, before }] });
    this.sheet.changed();
  }

  removed(row) {
    const kept = this.sheet.kept;
    const next = kept.find((other) => other.number > row.number) ?? kept.at(-1);
    row.element.hidden = row.removed;
    this.push({ said: `the removal of row ${row.number}`, removed: row });
    if (next) go(next.shown("service"));
    this.say(`Row ${row.number} has been removed. Undo brings it back.`);
    this.sheet.changed();
  }

  undo() {
    const step = this.steps.pop();
    if (!step) return;
    this.button.disabled = this.steps.length === 0;
    for (const { row, column, before } of step.cells ?? []) row.set(column, before);
    if (step.removed) step.removed.removed = false;
    const first = step.cells?.[0];
    if (step.added) this.sheet.dropEmpty(step.added);
    const row = step.removed ?? first?.row;
    const column = first?.column ?? "service";
    if (row?.element.isConnected) {
      const control = row.shown(column) ?? row.shown("service");
      if (control) go(control);
    }
    this.say(`Undone: ${step.said}.`);
    this.sheet.changed();
  }
}
