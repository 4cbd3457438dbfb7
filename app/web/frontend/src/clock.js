/**
 * A stopwatch in milliseconds that never runs backwards and does not stop while the machine sleeps:
 * the wall clock may be set back, the monotonic clock may pause in sleep; of the two steps take the larger.
 * @param {() => number} wall @param {() => number} steady @returns {() => number}
 */
export function stopwatch(wall = Date.now, steady = () => performance.now()) {
  let total = 0;
  let lastWall = wall();
  let lastSteady = steady();
  return () => {
    const nowWall = wall();
    const nowSteady = steady();
    total += Math.max(nowWall - lastWall, nowSteady - lastSteady, 0);
    lastWall = nowWall;
    lastSteady = nowSteady;
    return total;
  };
}

export const ticks = stopwatch();

let told = { at: Date.now(), when: ticks() };

/** The server's clock is the only one shown; this machine's may be wrong. @param {string | undefined} iso */
export function setServerTime(iso) {
  const at = Date.parse(iso ?? "");
  if (!Number.isNaN(at)) told = { at, when: ticks() };
}

/** @returns {number} the server's time now, milliseconds since 1970 */
export const serverNow = () => told.at + ticks() - told.when;

/** 14:32:07 in the facility's zone. @param {number} at @param {string} zone */
export function timeOfDay(at, zone = "UTC") {
  return new Intl.DateTimeFormat("en-GB", { timeZone: zone, timeStyle: "medium", hourCycle: "h23" }).format(at);
}
