// The form of a return as a sheet: keys, paste, undo, live totals, saved as one goes. Without
// this it is a plain form, and all that is stored goes through the same code either way.
import { watchServices } from "./beside.js";
import { watchKeys } from "./keys.js";
import { Paste } from "./paste.js";
import { Saving } from "./saving.js";
import { go, Sheet } from "./sheet.js";
import { Totals } from "./totals.js";
import { Undo } from "./undo.js";

const MORE_ROWS = 5;

function start(form) {
  const bar = form.querySelector(".app-sheet-bar");
  const said = bar.querySelector("[data-said]");
  const say = (sentence) => {
    said.textContent = sentence;
  };
  const sheet = new Sheet(form);
  for (const part of form.parentElement.querySelectorAll("[data-with-script]")) part.hidden = false;
  new Totals(sheet, say);
  const undo = new Undo(sheet, bar.querySelector("[data-undo]"), say);
  watchKeys(sheet, undo);
  new Paste(sheet, undo, say);
  const saving = new Saving(sheet, bar);
  if (!saving.isDirty) {
    saving.say(`${saving.status.textContent.trim()} Changes are saved as you go.`);
  }
  bar.querySelector("[data-leave]").textContent = "Leave the page";

  bar.querySelector("[data-more]")?.addEventListener("click", (event) => {
    event.preventDefault();
    const [first] = sheet.add(MORE_ROWS);
    if (first) go(first.shown("service"));
    else say("The form cannot hold any more rows.");
  });

  watchServices(sheet, (slug) => {
    const row = sheet.spare();
    if (!row) {
      say("The form cannot hold any more rows.");
      return;
    }
    row.controls.get("service")[0].value = slug;
    undo.noticed(row.controls.get("service")[0]);
    go(row.shown("kind"));
  });
}

const form = document.querySelector("[data-sheet]:not([data-locked])");
if (form) start(form);
