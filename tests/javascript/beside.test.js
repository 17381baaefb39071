import assert from "node:assert/strict";
import { test } from "node:test";

import { watchServices } from "../../static/js/returns/beside.js";
import { aSheet, Listening } from "./page.js";

class Button extends Listening {
  tabIndex = 0;
  hidden = false;

  constructor(value) {
    super();
    this.value = value;
  }

  checkVisibility() {
    return !this.hidden;
  }

  closest(selector) {
    return selector === "[hidden]" && !this.hidden ? null : this;
  }

  focus() {
    document.activeElement = this;
  }
}

function beside(slugs, { room = true } = {}) {
  const sheet = aSheet();
  const place = new Listening();
  const details = { open: false };
  const buttons = slugs.map((slug) => new Button(slug));
  const wide = Object.assign(new Listening(), { matches: room });
  const begun = [];
  buttons[0].hidden = true;
  place.querySelector = () => details;
  place.querySelectorAll = () => buttons;
  sheet.form.parts["[data-beside]"] = place;
  globalThis.matchMedia = () => wide;
  watchServices(sheet, (slug) => begun.push(slug));
  const press = (key) => place.fire("keydown", { key, target: document.activeElement });
  return { place, details, buttons, wide, begun, press };
}

test("the services are one stop for Tab, and arrows go round those that are visible", () => {
  const { place, buttons, press } = beside(["a", "b", "c", "d"]);
  const stops = () => buttons.filter(({ tabIndex }) => tabIndex === 0).map(({ value }) => value);
  assert.deepEqual(stops(), ["b"]);
  buttons[2].hidden = true;
  buttons[1].focus();
  const at = {};
  for (const key of ["ArrowDown", "ArrowUp", "End", "Home"]) {
    assert.equal(press(key), false);
    at[key] = document.activeElement.value;
  }
  assert.deepEqual(at, { ArrowDown: "d", ArrowUp: "b", End: "d", Home: "b" });
  assert.equal(press("ArrowUp"), true, "there is none above");
  assert.equal(press("a"), true);
  place.fire("focusin", { target: buttons[3] });
  assert.deepEqual(stops(), ["d"]);
});

test("a service starts a row", () => {
  const { place, buttons, begun } = beside(["a", "b"]);
  assert.equal(place.fire("click", { target: buttons[1] }), false);
  assert.deepEqual(begun, ["b"]);
});

test("the list is open where there is room", () => {
  const { details, wide } = beside(["a"], { room: false });
  assert.equal(details.open, false);
  wide.matches = true;
  wide.fire("change", {});
  assert.equal(details.open, true);
});
