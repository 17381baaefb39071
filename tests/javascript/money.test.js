import assert from "node:assert/strict";
import { test } from "node:test";

import { pence, pounds } from "../../static/js/returns/money.js";

// finance/money.py reads the same; tests/savings/filling/test_grid_totals.py checks that the two are equal.
test("an amount is read as people type it, in whole pence", () => {
  const amounts = {
    "4540000.00": 454_000_000n,
    "1,234.50": 123_450n,
    "£1,234": 123_400n,
    "(1,234)": -123_400n,
    "( £1.2m )": -120_000_000n,
    "-£5": -500n,
    "£-5": -500n,
    "45k": 4_500_000n,
    "£1.2M": 120_000_000n,
    "0.00001k": 1n,
    "-": 0n,
    "-0": 0n,
    " 7 ": 700n,
    "99999999999.99": 9_999_999_999_999n,
  };
  for (const [typed, amount] of Object.entries(amounts)) assert.equal(pence(typed), amount, typed);
});

test("text that is not an amount is never guessed at", () => {
  const refused = ["", " ", "–", "1,50", "1e3", "1.005", "NaN", "=1+1", "5-", "--5", "(-5)", "()"]
    .concat([
      "1,2345",
      "0,123",
      "1 234",
      "£",
      "k",
      ".5",
      "5.",
      "+5",
      "5 k",
      "$5",
      "\uff15",
      "\u200b7",
    ])
    .concat(["100000000000", "100,000m", `0.${"0".repeat(30)}`, "1".repeat(21)]);
  for (const typed of refused) assert.equal(pence(typed), null, typed);
});

test("pennies that no binary fraction holds are added exactly", () => {
  assert.equal(pence("0.10") + pence("0.20"), pence("0.30"));
  assert.equal(pence("99999999999.99") + pence("0.02"), 10_000_000_000_001n);
});

test("an amount is shown with its pence, commas and a true minus sign", () => {
  const shown = {
    0: "£0.00",
    5: "£0.05",
    "-5": "−£0.05",
    99999: "£999.99",
    123456: "£1,234.56",
    "-99999999999999": "−£999,999,999,999.99",
  };
  for (const [amount, text] of Object.entries(shown)) assert.equal(pounds(BigInt(amount)), text);
});

test("an amount as shown is read back as the same amount", () => {
  for (let amount = 1n; amount < 10_000_000_000_000n; amount = amount * 7n + 3n) {
    assert.equal(pence(pounds(amount)), amount);
    assert.equal(pence(pounds(-amount).replace("−", "-")), -amount);
  }
});
