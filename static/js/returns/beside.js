// The services down the side: open where there is room, one stop for Tab, a row for each on demand.
const WIDE = "(min-width: 1180px)";

export function watchServices(sheet, begin) {
  const place = sheet.form.querySelector("[data-beside]");
  const details = place.querySelector("details");
  const wide = matchMedia(WIDE);
  const fit = () => {
    details.open = wide.matches;
  };
  wide.addEventListener("change", fit);
  fit();

  const buttons = [...place.querySelectorAll("button[name=add]")];
  const seen = () => buttons.filter((button) => button.checkVisibility());
  const stopAt = (stop) => {
    for (const button of buttons) button.tabIndex = button === stop ? 0 : -1;
  };
  stopAt(buttons.find((button) => !button.closest("[hidden]")));

  place.addEventListener("focusin", ({ target }) => {
    if (buttons.includes(target)) stopAt(target);
  });
  place.addEventListener("keydown", (event) => {
    if (!buttons.includes(event.target)) return;
    const all = seen();
    const at = all.indexOf(event.target);
    const next = {
      ArrowDown: all[at + 1],
      ArrowUp: all[at - 1],
      Home: all[0],
      End: all.at(-1),
    }[event.key];
    if (!next) return;
    event.preventDefault();
    next.focus();
  });
  place.addEventListener("click", (event) => {
    const button = event.target.closest("button[name=add]");
    if (!button) return;
    event.preventDefault();
    begin(button.value);
  });
}
