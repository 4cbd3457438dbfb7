import assert from "node:assert/strict";
import test from "node:test";
import { ageText, countdownText } from "../src/age.js";
import { stopwatch, timeOfDay } from "../src/clock.js";
import { withPress } from "../src/forms/presses.js";
import { countSegments, nameOf } from "../src/forms/segments.js";
import { silentWords } from "../src/board/status.js";
import { messagesOf } from "../src/forms/messages.js";

const MINUTE = 60;
const HOUR = 3600;

test("ages", () => {
  const table = [
    [0, "just now"], [59, "just now"], [-30, "just now"], [60, "1 min ago"], [89 * MINUTE, "89 min ago"],
    [90 * MINUTE, "1 h 30 min ago"], [2 * HOUR, "2 h ago"], [35 * HOUR, "35 h ago"], [36 * HOUR, "1 day ago"],
    [49 * HOUR, "2 days ago"], [-5 * MINUTE, "in 5 min"],
  ];
  for (const [seconds, words] of table) assert.equal(ageText(seconds), words, String(seconds));
});

test("presses of one button that still wait go as one", () => {
  const [a, b] = [{ id: "a" }, { id: "b" }];
  const press = (form, kind, change) => ({ form, kind, change });
  let waiting = [];
  for (const each of [press(a, "x", 1), press(a, "x", 1), press(a, "y", 1), press(b, "y", 1), press(b, "y", -1)]) waiting = withPress(waiting, each);
  assert.deepEqual(waiting, [press(a, "x", 2), press(a, "y", 1)]);
  assert.deepEqual(withPress([press(a, "x", 99)], press(a, "x", 1)), [press(a, "x", 99), press(a, "x", 1)]);
});

test("countdowns", () => {
  const table = [[240, "in 4 min"], [30, "in under 1 min"], [0, "due now"], [-59, "due now"], [-120, "2 min late"]];
  for (const [seconds, words] of table) assert.equal(countdownText(seconds), words, String(seconds));
});

test("the stopwatch goes on through sleep and a clock set back", () => {
  const wall = [0, 1000, 61_000, 1000, 2000].values();
  const steady = [0, 1000, 1100, 2100, 3100].values();
  const watch = stopwatch(() => wall.next().value, () => steady.next().value);
  assert.deepEqual([watch(), watch(), watch(), watch()], [1000, 61_000, 62_000, 63_000]);
});

test("times are in the facility's zone, midnight is 00", () => {
  assert.equal(timeOfDay(Date.parse("2026-01-05T05:00:09Z"), "America/New_York"), "00:00:09");
});

test("segments", () => {
  const table = [
    ["", "GSM-7", 0, 0], ["a".repeat(160), "GSM-7", 1, 160], ["a".repeat(161), "GSM-7", 2, 161],
    ["a".repeat(306), "GSM-7", 2, 306], ["a".repeat(307), "GSM-7", 3, 307], ["€".repeat(80), "GSM-7", 1, 160],
    ["€".repeat(81), "GSM-7", 2, 162], ["’".repeat(70), "UCS-2", 1, 70], ["’".repeat(71), "UCS-2", 2, 71],
    ["😀".repeat(35), "UCS-2", 1, 70], ["Zoë é à ü ñ", "UCS-2", 1, 11], ["é à ü ñ \n@_", "GSM-7", 1, 11],
  ];
  for (const [text, encoding, segments, units] of table) {
    const found = countSegments(text);
    assert.deepEqual([found.encoding, found.segments, found.units], [encoding, segments, units], text.slice(0, 12));
  }
});

test("a two-unit character is not split between segments", () => {
  assert.equal(countSegments("€".repeat(153)).segments, 3);
  assert.equal(countSegments("😀".repeat(67)).segments, 3);
});

test("the character to blame is named once", () => {
  const { culprits } = countSegments("It’s here, it’s now 😀");
  assert.deepEqual(culprits, ["’", "😀"]);
  assert.equal(nameOf("’"), "curly apostrophe ’");
  assert.equal(nameOf("😀"), "😀 (U+1F600)");
  assert.equal(nameOf("\u2028"), "invisible character (U+2028)");
});

test("messages of a problem, however deep", () => {
  const errors = { beds: ["Too many.", "Not whole."], people: { 0: { phone: ["Unknown."] } }, name: "Missing." };
  assert.deepEqual(messagesOf(errors), [["beds", "Too many. Not whole."], ["people", "Unknown."], ["name", "Missing."]]);
});

test("a silent engine", () => {
  assert.equal(silentWords("2026-11-23T09:07:31.000000Z", "America/New_York"), "The engine is silent since 04:07: nothing is sent");
  assert.equal(silentWords("1970-01-01T00:00:00.000000Z", "UTC"), "No engine has ever run: nothing is sent");
});
