// Money as finance/money.py reads it, in whole pence: BigInt, so that no float comes near it.
const AMOUNT = /^(-)?£?(-)?([1-9][0-9]{0,2}(?:,[0-9]{3})+|[0-9]+)(?:\.([0-9]+))?([kKmM])?$/;
const NIL = "-";
const FACTORS = { "": 1n, k: 1_000n, m: 1_000_000n };
const LIMIT = 100_000_000_000n * 100n;
// What Python calls space around a text, which is not quite what trim() does.
const SPACE =
  "[\\u0009-\\u000d\\u001c-\\u0020\\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]+";
const AROUND = new RegExp(`^${SPACE}|${SPACE}$`, "g");
const strip = (text) => text.replace(AROUND, "");

// The amount in pence, or null for what is no amount.
export function pence(text) {
  const typed = strip(text);
  if (typed === NIL) return 0n;
  const bracketed = typed.startsWith("(") && typed.endsWith(")");
  const match = AMOUNT.exec(bracketed ? strip(typed.slice(1, -1)) : typed);
  if (!match) return null;
  const [, minus, minusAfter, digits, part = "", suffix = ""] = match;
  const minuses = [bracketed, minus, minusAfter].filter(Boolean).length;
  const whole = digits.replaceAll(",", "");
  if (minuses > 1 || whole.length > 20 || part.length > 20) return null;
  const scaled = BigInt(whole + part) * FACTORS[suffix.toLowerCase()] * 100n;
  const size = 10n ** BigInt(part.length);
  if (scaled % size !== 0n || scaled / size >= LIMIT) return null;
  return minuses ? -(scaled / size) : scaled / size;
}

// As a page shows it: £ before, commas, pence always, a true minus sign.
export function pounds(amount) {
  const digits = String(amount < 0n ? -amount : amount).padStart(3, "0");
  const whole = digits.slice(0, -2).replace(/\B(?=(\d{3})+$)/g, ",");
  return `${amount < 0n ? "−" : ""}£${whole}.${digits.slice(-2)}`;
}
