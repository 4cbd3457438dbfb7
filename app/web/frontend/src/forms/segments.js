/**
 * SMS segments (3GPP TS 23.038 and 23.040): GSM-7 holds 160 units, or 153 a part when split; UCS-2 holds 70, or 67.
 * An extension character costs two units, and no character is split between two parts.
 */
const BASIC = new Set(
  "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà",
);
const EXTENSION = new Set("^{}[]~\\|€\f");

/** @param {number[]} costs units of each character @param {number} whole @param {number} part */
function pack(costs, whole, part) {
  const units = costs.reduce((sum, cost) => sum + cost, 0);
  if (units <= whole) return { segments: units ? 1 : 0, left: whole - units, units };
  let segments = 1;
  let used = 0;
  for (const cost of costs) {
    if (used + cost > part) {
      segments += 1;
      used = 0;
    }
    used += cost;
  }
  return { segments, left: part - used, units };
}

/**
 * @param {string} text
 * @returns {{encoding: "GSM-7" | "UCS-2", segments: number, units: number, left: number, culprits: string[]}}
 *   left: units free in the last segment; culprits: the characters that force UCS-2, each once
 */
export function countSegments(text) {
  const characters = [...text];
  const culprits = [...new Set(characters.filter((one) => !BASIC.has(one) && !EXTENSION.has(one)))];
  if (!culprits.length) {
    const costs = characters.map((one) => (EXTENSION.has(one) ? 2 : 1));
    return { encoding: "GSM-7", ...pack(costs, 160, 153), culprits };
  }
  return { encoding: "UCS-2", ...pack(characters.map((one) => one.length), 70, 67), culprits };
}

const NAMES = new Map([
  ["‘", "curly quote ‘"], ["’", "curly apostrophe ’"], ["“", "curly quote “"], ["”", "curly quote ”"],
  ["–", "long dash –"], ["—", "long dash —"], ["…", "one-character ellipsis …"], ["•", "bullet •"],
  ["\u00a0", "no-break space"], ["\u200b", "invisible space"], ["\t", "tab"],
]);

/** A character as a person would know it. @param {string} one */
export function nameOf(one) {
  const code = one.codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
  return NAMES.get(one) ?? `${/\p{C}|\p{Z}/u.test(one) ? "invisible character" : one} (U+${code})`;
}
