import { Idiomorph } from "idiomorph";
import { tickAges } from "../ages.js";
import { fillTokens } from "../forms/csrf.js";

const CONTROLS = "input:not([type=hidden]), select, textarea";

function optionsTouched(select) {
  const options = [...select.options];
  const start = options.filter((option) => option.defaultSelected);
  if (!start.length && !select.multiple) return select.selectedIndex > 0;
  return options.some((option) => option.selected !== option.defaultSelected);
}

/** Has a person changed this field, or is about to? */
function inUse(element) {
  if (element === document.activeElement) return true;
  if (element instanceof HTMLSelectElement) return optionsTouched(element);
  return element.value !== element.defaultValue || element.checked !== element.defaultChecked;
}

/** A form that is on its way or was refused stays as it is, and so does a field that somebody is using. */
const mayMorph = (old) => !(old.matches("form[data-busy], form:has([data-keep])") || (old.matches(CONTROLS) && inUse(old)));

const callbacks = {
  beforeNodeMorphed: (old) => !(old instanceof Element) || mayMorph(old),
  // Whether a dialog or a detail is open is the reader's choice.
  beforeAttributeUpdated: (name, element) => !(name === "open" && element.matches("details, dialog")),
};

function morph(target, content, morphStyle) {
  Idiomorph.morph(target, content, { morphStyle, restoreFocus: true, callbacks });
}

/** Make fresh markup work: tokens, ages, filters, counters. @param {ParentNode} element */
export function settleIn(element) {
  fillTokens(element);
  tickAges(element);
  document.dispatchEvent(new CustomEvent("morphed"));
}

/** Bring one element up to date in place. @param {Element} old @param {Element} fresh */
export function morphWhole(old, fresh) {
  const { id } = old;
  fillTokens(fresh);
  morph(old, fresh, "outerHTML");
  settleIn(document.getElementById(id) ?? document);
}

/** @param {Element} old @param {Element} fresh */
export function morphInside(old, fresh) {
  fillTokens(fresh);
  morph(old, fresh.innerHTML, "innerHTML");
  settleIn(old);
}
