// The keys of a sheet. What a select, a text of several lines or a tick does with a key of its
// own stays as it is: up and down choose in a list, so Ctrl is needed there to change the row.
import { go } from "./sheet.js";

const PARTICULARS = ["recurrence", "nature", "cause", "caused_by", "tupe", "approval"];

export function watchKeys(sheet, undo) {
  let atFocus = "";

  sheet.body.addEventListener("focusin", ({ target }) => {
    if (target.dataset.column) atFocus = "value" in target ? target.value : "";
  });

  sheet.body.addEventListener("keydown", (event) => {
    const control = event.target;
    const row = sheet.rowOf(control);
    if (!row || !control.dataset.column || event.isComposing) return;
    const act = actionOf(event, control);
    if (act && act(row, control)) event.preventDefault();
  });

  // Undo works wherever the focus is, unless a text holds typing that it can take back itself.
  document.addEventListener("keydown", (event) => {
    const combined = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey;
    if (!combined || event.key.toLowerCase() !== "z") return;
    const control = event.target;
    const row = sheet.rowOf(control);
    const typing = row ? isTyping(row, control) : control.matches("input, textarea");
    if (typing || undo.steps.length === 0) return;
    event.preventDefault();
    undo.undo();
  });

  function isTyping(row, control) {
    const { column } = control.dataset;
    return column !== undefined && column !== "remove" && row.value(column) !== row.known[column];
  }

  function actionOf(event, control) {
    const { key, ctrlKey, altKey, metaKey, shiftKey } = event;
    const list = control.tagName === "SELECT";
    const words = control.tagName === "TEXTAREA";
    if (altKey || metaKey || (list && isOpen(control))) return null;
    if (key === "Enter" && !words && !ctrlKey) return shiftKey ? up : downOrNew;
    if (key === "ArrowDown" && (ctrlKey || !(list || words)) && !shiftKey) return down;
    if (key === "ArrowUp" && (ctrlKey || !(list || words)) && !shiftKey) return up;
    if (ctrlKey || shiftKey) return null;
    if (key === "ArrowLeft" && isAtEnd(control, "left")) return left;
    if (key === "ArrowRight" && isAtEnd(control, "right")) return right;
    if (key === "F2") return enterCell;
    if (key === "Escape") return takeBack;
    return null;
  }

  // At the first and the last row they do nothing, least of all move the cursor in the text.
  const up = (row, control) => toRow(neighbour(row, -1), control) || true;
  const down = (row, control) => toRow(neighbour(row, 1), control) || true;
  const downOrNew = (row, control) => toRow(neighbour(row, 1) ?? sheet.add()[0], control) || true;
  const left = (row, control) => across(row, control, -1);
  const right = (row, control) => across(row, control, 1);

  function neighbour(row, step) {
    const kept = sheet.kept;
    return kept[kept.indexOf(row) + step];
  }

  // The same column there; where that row doesn't show it, what stands in its place.
  function toRow(row, control) {
    if (!row) return false;
    const { column } = control.dataset;
    if (column === "remove") {
      go(row.remove);
      return true;
    }
    const place = column === "tupe"
      ? sheet.rowOf(control).controls.get("tupe").indexOf(control)
      : 0;
    const same = row.shown(column, { open: true }) && row.controls.get(column)[place];
    const instead = row.isEmpty
      ? row.shown("service")
      : PARTICULARS.map((other) => row.shown(other)).find(Boolean);
    go(same || instead || row.shown("amount"));
    return true;
  }

  function across(row, control, step) {
    const cells = row.reachable;
    const next = cells[cells.indexOf(control) + step];
    if (next) go(next);
    // A select would change its value at the end of the row.
    return Boolean(next) || control.tagName === "SELECT";
  }

  // In a text the whole of which is selected, as it is on coming to it, arrows move on.
  function isAtEnd(control, side) {
    if (control.tagName === "SELECT" || control.type === "checkbox") return true;
    if (control.tagName === "TEXTAREA") return false;
    const { selectionStart: start, selectionEnd: end, value } = control;
    if (start === 0 && end === value.length) return true;
    return start === end && start === (side === "left" ? 0 : value.length);
  }

  function enterCell(_row, control) {
    if (control.tagName === "SELECT") control.showPicker?.();
    else if ("selectionStart" in control && control.type !== "checkbox") {
      control.setSelectionRange(control.value.length, control.value.length);
    }
    return true;
  }

  function takeBack(_row, control) {
    const { column } = control.dataset;
    if (control.type === "checkbox" || control.value === atFocus) return false;
    control.value = atFocus;
    if (column === "kind" || column === "service" || control.tagName === "SELECT") {
      undo.noticed(control);
    } else if (control.tagName === "INPUT") control.select();
    sheet.changed();
    return true;
  }
}

function isOpen(select) {
  try {
    return select.matches(":open");
  } catch {
    return false; // a browser that does not know it keeps the key to its own list
  }
}
