// What the rows come to, by kind and by service, as they are typed: in whole pence throughout.
import { pence, pounds } from "./money.js";

const KINDS = ["saving", "ongoing_cost", "transition_cost", "variance"];

export class Totals {
  constructor(sheet, say) {
    this.sheet = sheet;
    this.say = say;
    this.amounts = new Map();
    this.boxes = new Map(
      [...sheet.form.querySelectorAll("[data-total]")].map((box) => [box.dataset.total, box]),
    );
    this.services = servicesOf(sheet.form);
    this.kind = sheet.form.querySelector("[data-beside-kind]");
    this.caption = sheet.form.querySelector("[data-beside-caption]");
    this.kind.addEventListener("change", () => {
      this.caption.textContent = this.kind.selectedOptions[0].textContent;
      this.paintServices(this.count());
    });
    sheet.body.addEventListener("input", () => this.soon());
    sheet.whenChanged(() => this.soon());
    this.said = this.sentence(this.count().byKind);
    this.paint();
  }

  soon() {
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => {
      this.waiting = false;
      this.paint();
    });
  }

  amount(text) {
    if (!this.amounts.has(text)) this.amounts.set(text, pence(text));
    return this.amounts.get(text);
  }

  // Sums by kind, and by service and kind, of the rows that have a kind and an amount.
  count() {
    const byKind = {};
    const byService = new Map();
    for (const row of this.sheet.kept) {
      const kind = row.value("kind");
      const slug = row.value("service");
      const amount = this.amount(row.value("amount"));
      if (amount === null || !KINDS.includes(kind) || !slug) continue;
      const figure = { pence: amount, illustrative: row.isIllustrative };
      byKind[kind] = plus(byKind[kind], figure);
      for (const above of this.services.get(slug)?.path ?? [""]) {
        if (!byService.has(above)) byService.set(above, {});
        const sums = byService.get(above);
        sums[kind] = plus(sums[kind], figure);
      }
    }
    return { byKind, byService };
  }

  paint() {
    const sums = this.count();
    for (const [kind, box] of this.boxes) show(box.querySelector("dd"), sums.byKind[kind]);
    this.paintServices(sums);
    for (const row of this.sheet.rows) {
      const tag = row.illustrative && row.element.querySelector("[data-illustrative-tag]");
      if (tag) tag.hidden = !row.isIllustrative;
    }
    const sentence = this.sentence(sums.byKind);
    if (sentence === this.said) return;
    this.said = sentence;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.say(sentence), 1_000); // once, when the typing pauses
  }

  paintServices({ byService }) {
    const kind = this.kind.value;
    for (const [slug, service] of this.services) {
      const now = byService.get(slug) ?? {};
      show(service.now, now[kind]);
      show(service.toDate, plus(service.earlier[kind], now[kind]));
      if (service.kind !== kind) {
        show(service.last, service.lastFigures[kind]);
        service.plan.classList.toggle("app-beside__other-kind", kind !== "saving");
        service.kind = kind;
      }
      if (Object.keys(now).length) service.element.hidden = false;
    }
  }

  sentence(byKind) {
    const sums = [...this.boxes]
      .filter(([kind]) => byKind[kind])
      .map(([kind, box]) => `${box.querySelector("dt").textContent} ${pounds(byKind[kind].pence)}`);
    return sums.length ? `${sums.join(", ")}.` : "No amounts.";
  }
}

function plus(one, other) {
  if (!one || !other) return one ?? other;
  return { pence: one.pence + other.pence, illustrative: one.illustrative || other.illustrative };
}

function show(place, figure) {
  const key = figure ? `${figure.pence}${figure.illustrative}` : "";
  if (place.dataset.shown === key) return;
  place.dataset.shown = key;
  const part = (name, text, more = {}) =>
    Object.assign(document.createElement("span"), { className: name, textContent: text, ...more });
  if (!figure) {
    place.replaceChildren(
      part("", "–", { ariaHidden: "true" }),
      part("govuk-visually-hidden", "none"),
    );
  } else if (figure.illustrative) {
    place.replaceChildren(`${pounds(figure.pence)} `, part("app-made-up", "illustrative"));
  } else place.replaceChildren(pounds(figure.pence));
}

const read = (json) =>
  Object.fromEntries(
    Object.entries(JSON.parse(json)).map(([kind, figure]) => [
      kind,
      { pence: BigInt(figure.pence), illustrative: figure.illustrative },
    ]),
  );

// Every service by its slug, with those above it ("" is all of them) and its cells.
function servicesOf(form) {
  const services = new Map();
  const above = [];
  for (const element of form.querySelectorAll("[data-service]")) {
    const { service: slug, depth = "0", last, earlier } = element.dataset;
    above.splice(Number(depth), above.length, slug);
    const cell = (name) => element.querySelector(`[data-figure="${name}"]`);
    services.set(slug, {
      element,
      path: slug ? ["", ...above] : [""],
      lastFigures: read(last),
      earlier: read(earlier),
      plan: cell("plan"),
      last: cell("last"),
      toDate: cell("to-date"),
      now: cell("now"),
      kind: "saving",
    });
  }
  return services;
}
