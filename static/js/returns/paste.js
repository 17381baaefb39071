// A block copied from a spreadsheet: the server says what its cells are or what is wrong in
// them; it is put into the rows whole, or not at all.
import { go } from "./sheet.js";

export class Paste {
  constructor(sheet, undo, say) {
    this.sheet = sheet;
    this.undo = undo;
    this.say = say;
    this.panel = sheet.form.querySelector("[data-pasted]");
    sheet.body.addEventListener("paste", (event) => this.pasted(event));
    this.panel.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && event.target.matches("input")) {
        event.preventDefault();
        this.ask();
      } else if (event.key === "Escape") this.close();
    });
  }

  pasted(event) {
    const row = this.sheet.rowOf(event.target);
    const { column } = event.target.dataset;
    const text = event.clipboardData.getData("text/plain");
    if (!row || !column || column === "remove" || !isBlock(text, event.target)) return;
    event.preventDefault();
    if (column !== "tupe" && event.target.tagName !== "SELECT") this.settle(row, column);
    this.block = { text, row, column, fixes: new Map() };
    this.panel.replaceChildren();
    this.ask();
  }

  // What is half typed in the cell counts as typed before the block comes.
  settle(row, column) {
    this.undo.noticed(row.controls.get(column)[0]);
  }

  async ask() {
    const { text, row, column, fixes } = this.block;
    // What was put right in an earlier round stays so.
    for (const input of this.panel.querySelectorAll("input")) fixes.set(input.name, input.value);
    const body = new FormData(this.sheet.form);
    body.set("block", text);
    body.set("at_row", row.number);
    body.set("at_column", column);
    for (const [name, value] of fixes) body.set(name, value);
    let response;
    let said;
    try {
      response = await fetch(this.sheet.form.dataset.paste, {
        method: "POST",
        body,
        redirect: "manual",
      });
      said = await response.json();
    } catch {
      said = {
        problem:
          "The block could not be checked. Save the draft, reload the page and paste it again.",
      };
    }
    if (response?.ok) this.put(said.rows);
    else this.refused(said);
  }

  put(rows) {
    const missing = Math.max(0, ...rows.map(({ row }) => row)) - this.sheet.rows.length;
    const added = missing > 0 ? this.sheet.add(missing) : [];
    const cells = [];
    for (const { row: number, values } of rows) {
      const row = this.sheet.row(number);
      for (const [column, value] of Object.entries(values)) {
        cells.push({ row, column, before: row.value(column) });
        row.set(column, Array.isArray(value) ? value.join(",") : value);
      }
    }
    const count = `${rows.length} ${rows.length === 1 ? "row" : "rows"}`;
    this.undo.push({ said: `the paste of ${count}`, cells, added: added.length });
    this.close();
    this.say(`Pasted ${count}.`);
    this.sheet.changed();
  }

  // All that is wrong, with the cells to put right there; until then none of it is pasted.
  refused({ problem = "", table = "", count = 0 }) {
    const heading = Object.assign(document.createElement("h2"), {
      className: "govuk-heading-m",
      id: "pasted",
      tabIndex: -1,
      textContent: problem
        ? "The block has not been pasted"
        : `The block has not been pasted: ${count} ${count === 1 ? "cell" : "cells"} to put right`,
    });
    const advice = Object.assign(document.createElement("p"), {
      className: "govuk-body",
      textContent: problem ||
        "Nothing has been added to the rows yet. Put the cells right here, or put them right in the spreadsheet and copy the block again.",
    });
    const buttons = Object.assign(document.createElement("div"), {
      className: "govuk-button-group",
    });
    this.panel.replaceChildren(heading, advice);
    this.panel.insertAdjacentHTML("beforeend", table);
    if (this.panel.querySelector("input")) {
      buttons.append(button("Check and paste", "", () => this.ask()));
    }
    buttons.append(button("Don’t paste", "govuk-button--secondary", () => this.close()));
    this.panel.append(buttons);
    this.panel.hidden = false;
    this.panel.setAttribute("role", "group");
    this.panel.setAttribute("aria-labelledby", "pasted");
    heading.focus();
  }

  close() {
    this.panel.replaceChildren();
    this.panel.hidden = true;
    const { row, column } = this.block;
    go(row.shown(column, { open: true }) ?? row.shown("service"));
  }
}

// Several cells, or one for a list, where text alone would do nothing.
export function isBlock(text, control) {
  if (text.includes("\t")) return true;
  if (control.tagName === "TEXTAREA") return false;
  return control.tagName === "SELECT" || control.type === "checkbox" || /[\r\n]/.test(text.trim());
}

const button = (text, more, act) => {
  const made = Object.assign(document.createElement("button"), {
    type: "button",
    className: `govuk-button ${more}`,
    textContent: text,
  });
  made.addEventListener("click", act);
  return made;
};
