// As much of a page as the scripts of the sheet need, so that node can run them: a form, rows
// of controls, what has the focus, and a clock that a test winds on.
import { COLUMNS, Sheet } from "../../static/js/returns/sheet.js";

const SELECTS = [
  "service",
  "kind",
  "scope",
  "recurrence",
  "nature",
  "cause",
  "caused_by",
  "approval",
];
const TICKS = ["WCC", "RBKC", "LBHF"];

class Listening {
  listeners = [];
  children = [];
  dataset = {};

  addEventListener(type, act) {
    this.listeners.push([type, act]);
  }

  // Whether an event got through to the browser's own doing.
  fire(type, event) {
    let prevented = false;
    const preventDefault = () => {
      prevented = true;
    };
    for (const [heard, act] of this.listeners) {
      if (heard === type) act({ preventDefault, ...event });
    }
    return !prevented;
  }

  replaceChildren(...children) {
    this.children = children;
  }
}

class Control extends Listening {
  hidden = false;
  selectionStart = 0;
  selectionEnd = 0;

  constructor(row, column, { value = "", checked = false, type = "text" } = {}) {
    super();
    Object.assign(this, { row, value, checked, type });
    this.dataset.column = column;
    this.tagName = SELECTS.includes(column) ? "SELECT" : column === "note" ? "TEXTAREA" : "INPUT";
  }

  focus() {
    document.activeElement = this;
  }

  select() {
    this.setSelectionRange(0, this.value.length);
  }

  setSelectionRange(start, end) {
    this.selectionStart = start;
    this.selectionEnd = end;
  }

  checkVisibility() {
    return !this.hidden;
  }

  closest(selector) {
    return selector === "details" ? this.row.details : this.row;
  }

  matches(selector) {
    return selector === ":open" ? Boolean(this.isOpen) : this.tagName !== "SELECT";
  }
}

class RowElement extends Listening {
  hidden = false;
  isConnected = true;
  details = { open: false };
  id = { value: "" };

  constructor(body, number, { values = {}, illustrative = false } = {}) {
    super();
    this.body = body;
    this.dataset.row = String(number);
    if (illustrative) this.dataset.illustrative = "";
    this.controls = COLUMNS.flatMap((column) =>
      column === "tupe"
        ? TICKS.map((value) => {
          const checked = (values.tupe ?? "").split(",").includes(value);
          return new Control(this, column, { value, checked, type: "checkbox" });
        })
        : [new Control(this, column, { value: values[column] ?? "" })]
    );
    this.controls.push(new Control(this, "remove", { type: "checkbox" }));
  }

  querySelectorAll() {
    return this.controls;
  }

  querySelector(selector) {
    return selector.endsWith('-id"]') ? this.id : null;
  }

  remove() {
    this.isConnected = false;
    this.body.elements.delete(this.dataset.row);
  }
}

class Body extends Listening {
  elements = new Map();

  add(number, says) {
    this.elements.set(String(number), new RowElement(this, number, says));
  }

  querySelectorAll() {
    return [...this.elements.values()];
  }

  contains(element) {
    return this.elements.get(element.dataset.row) === element;
  }

  // New rows come as text; the blank row of this page is only its number.
  insertAdjacentHTML(_place, html) {
    for (const number of html.split(";").filter(Boolean)) this.add(number);
  }
}

class Form extends Listening {
  parts = {};
  fields = { rows: { value: "" }, version: { value: "1" }, csrfmiddlewaretoken: { value: "" } };
  elements = { namedItem: (name) => this.fields[name] };

  querySelector(selector) {
    return this.parts[selector] ?? null;
  }

  querySelectorAll(selector) {
    return this.parts[selector] ?? [];
  }
}

// A sheet whose rows say what is given, one object of values by column for each.
export function aSheet(rows = [{}], { mostRows = 10, illustrative = [] } = {}) {
  const form = new Form();
  const body = new Body();
  rows.forEach((values, place) =>
    body.add(place + 1, { values, illustrative: illustrative.includes(place + 1) })
  );
  form.parts["[data-rows]"] = body;
  form.parts["[data-new-row]"] = { innerHTML: "__row__;" };
  form.dataset.mostRows = String(mostRows);
  globalThis.document = Object.assign(new Listening(), {
    activeElement: null,
    getElementById: (id) => body.elements.get(id.replace("row-", "")) ?? null,
  });
  return new Sheet(form);
}

// The control of a column in a row, counted from one.
export const cell = (sheet, number, column) =>
  column === "remove" ? sheet.row(number).remove : sheet.row(number).controls.get(column)[0];

// Types into a cell, as far as its script notices: once it has been left.
export function type(sheet, number, column, value) {
  const control = cell(sheet, number, column);
  control.value = value;
  sheet.body.fire("change", { target: control });
}

// What is said, the last thing last, and what says it.
export function listening() {
  const heard = [];
  return { heard, say: (sentence) => heard.push(sentence) };
}

// Time stands still until `pass` is called.
export function aClock() {
  const waiting = new Map();
  let now = 0;
  let number = 0;
  globalThis.setTimeout = (act, pause) => {
    number += 1;
    waiting.set(number, { act, due: now + pause });
    return number;
  };
  globalThis.clearTimeout = (which) => waiting.delete(which);
  return {
    waiting,
    pass(milliseconds) {
      now += milliseconds;
      for (const [which, { act, due }] of [...waiting]) {
        if (due > now) continue;
        waiting.delete(which);
        act();
      }
    },
  };
}

export { Listening };
