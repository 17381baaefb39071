// The rows of the form as a sheet: their cells' values, new rows, and what is wrong in them.
export const COLUMNS = [
  "service",
  "kind",
  "scope",
  "amount",
  "recurrence",
  "nature",
  "cause",
  "caused_by",
  "tupe",
  "approval",
  "corrects",
  "evidence",
  "note",
];
const NEEDED = ["service", "kind", "scope", "amount"];
const NEEDED_BY_KIND = { saving: ["recurrence", "nature"], variance: ["cause"] };
const UNDER_MORE = new Set(["corrects", "evidence", "note"]);
const BLANK = "__row__";

export class Row {
  constructor(element) {
    this.element = element;
    this.number = Number(element.dataset.row);
    this.controls = new Map(COLUMNS.map((column) => [column, []]));
    for (const control of element.querySelectorAll("[data-column]")) {
      if (control.dataset.column === "remove") this.remove = control;
      else this.controls.get(control.dataset.column).push(control);
    }
    this.line = element.querySelector(`[name="row-${this.number}-id"]`);
    // What each cell said when it was last looked at, for undoing.
    this.known = this.values();
    this.illustrative = "illustrative" in element.dataset ? JSON.stringify(this.known) : null;
    this.element.hidden = this.removed;
  }

  // A cell's value as text; the ticks of TUPE as the codes between commas.
  value(column) {
    const controls = this.controls.get(column);
    if (column !== "tupe") return controls[0].value;
    return controls.filter((tick) => tick.checked).map((tick) => tick.value).join(",");
  }

  set(column, value) {
    const controls = this.controls.get(column);
    if (column === "tupe") {
      const codes = value.split(",");
      for (const tick of controls) tick.checked = codes.includes(tick.value);
    } else {
      controls[0].value = value;
    }
    this.known[column] = this.value(column);
  }

  values() {
    return Object.fromEntries(COLUMNS.map((column) => [column, this.value(column)]));
  }

  get removed() {
    return this.remove.checked;
  }

  set removed(removed) {
    this.remove.checked = removed;
    this.element.hidden = removed;
  }

  get isEmpty() {
    return COLUMNS.every((column) => this.value(column).trim() === "");
  }

  // Whether what every entry of its kind needs is there, right or wrong.
  get isComplete() {
    const needed = [...NEEDED, ...(NEEDED_BY_KIND[this.value("kind")] ?? [])];
    if (this.value("cause") === "specification_change") needed.push("caused_by");
    return needed.every((column) => this.value(column).trim() !== "");
  }

  // Whether it still says to the letter what an illustrative entry says.
  get isIllustrative() {
    return this.illustrative !== null && this.illustrative === JSON.stringify(this.values());
  }

  // The cell's control if it can be seen, opened first where it stands under "More".
  shown(column, { open = false } = {}) {
    const [control] = this.controls.get(column);
    if (open && UNDER_MORE.has(column)) control.closest("details").open = true;
    return control.checkVisibility() ? control : null;
  }

  // Every control that can be seen, in order.
  get reachable() {
    return [...this.controls.values()].flat().filter((control) => control.checkVisibility());
  }

  mark(column, said) {
    const control = this.controls.get(column)[0];
    const ticks = column === "tupe";
    const id = `id_row-${this.number}-${column}_error`;
    const group = control.closest(".govuk-form-group");
    const list = document.createElement("div");
    list.id = id;
    for (const sentence of said) {
      const line = document.createElement("p");
      const prefix = document.createElement("span");
      line.className = "govuk-error-message";
      prefix.className = "govuk-visually-hidden";
      prefix.textContent = "Error:";
      line.append(prefix, ` ${sentence}`);
      list.append(line);
    }
    group.classList.add("govuk-form-group--error");
    group.closest(`.app-entry__field--${column}`).classList.add("app-entry__field--error");
    (ticks ? group.querySelector(".govuk-checkboxes") : control).before(list);
    for (const each of this.controls.get(column)) each.setAttribute("aria-invalid", "true");
    if (!ticks) control.classList.add(`${block(control)}--error`);
    describe(ticks ? group : control, id, true);
    this.element.classList.add("app-entry--error");
    if (UNDER_MORE.has(column)) control.closest("details").open = true;
  }

  unmark(column) {
    const id = `id_row-${this.number}-${column}_error`;
    const list = document.getElementById(id);
    if (!list) return;
    const [control] = this.controls.get(column);
    const group = control.closest(".govuk-form-group");
    list.remove();
    group.classList.remove("govuk-form-group--error");
    group.closest(`.app-entry__field--${column}`).classList.remove("app-entry__field--error");
    for (const each of this.controls.get(column)) each.removeAttribute("aria-invalid");
    control.classList.remove(`${block(control)}--error`);
    describe(column === "tupe" ? group : control, id, false);
    if (!this.element.querySelector(".govuk-form-group--error")) {
      this.element.classList.remove("app-entry--error");
    }
  }
}

const block = (control) =>
  ({ SELECT: "govuk-select", TEXTAREA: "govuk-textarea" })[control.tagName] ?? "govuk-input";

function describe(element, id, described) {
  const ids = new Set((element.getAttribute("aria-describedby") ?? "").split(" ").filter(Boolean));
  if (described) ids.add(id);
  else ids.delete(id);
  if (ids.size) element.setAttribute("aria-describedby", [...ids].join(" "));
  else element.removeAttribute("aria-describedby");
}

export class Sheet {
  constructor(form) {
    this.form = form;
    this.body = form.querySelector("[data-rows]");
    this.blank = form.querySelector("[data-new-row]").innerHTML;
    this.mostRows = Number(form.dataset.mostRows);
    this.rows = [...this.body.querySelectorAll("[data-row]")].map((element) => new Row(element));
    this.listeners = [];
  }

  whenChanged(listener) {
    this.listeners.push(listener);
  }

  changed() {
    for (const listener of this.listeners) listener();
  }

  row(number) {
    return this.rows[number - 1];
  }

  rowOf(element) {
    const found = element?.closest?.("[data-row]");
    return found && this.body.contains(found) ? this.row(Number(found.dataset.row)) : null;
  }

  get active() {
    return this.rowOf(document.activeElement);
  }

  get kept() {
    return this.rows.filter((row) => !row.removed);
  }

  // As many new rows at the end as are asked for and there is room for.
  add(count = 1) {
    const first = this.rows.length + 1;
    const last = Math.min(this.rows.length + count, this.mostRows);
    let html = "";
    for (let number = first; number <= last; number += 1) {
      html += this.blank.replaceAll(BLANK, number);
    }
    this.body.insertAdjacentHTML("beforeend", html);
    const added = [];
    for (let number = first; number <= last; number += 1) {
      added.push(new Row(document.getElementById(`row-${number}`)));
    }
    this.rows.push(...added);
    this.countRows();
    return added;
  }

  // Takes rows that are empty away from the end.
  dropEmpty(count) {
    for (; count > 0 && this.rows.at(-1).isEmpty; count -= 1) this.rows.pop().element.remove();
    this.countRows();
  }

  countRows() {
    this.form.elements.namedItem("rows").value = this.rows.length;
  }

  // The first empty row after all that says something, or a new one.
  spare() {
    let spare = null;
    for (const row of [...this.kept].reverse()) {
      if (!row.isEmpty) break;
      spare = row;
    }
    return spare ?? this.add()[0] ?? null;
  }

  clearMarks() {
    for (const row of this.rows) {
      if (!row.element.classList.contains("app-entry--error")) continue;
      for (const column of COLUMNS) row.unmark(column);
    }
  }
}

export function go(control) {
  control.focus();
  if (control.tagName === "INPUT" && control.type === "text") control.select();
}
