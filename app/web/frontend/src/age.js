/** Words for a number of seconds. @param {number} seconds not negative */
function span(seconds) {
  const minutes = Math.floor(seconds / 60);
  if (minutes < 90) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 36) return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
  const days = Math.floor(hours / 24);
  return days === 1 ? "1 day" : `${days} days`;
}

/** How long ago, in words. @param {number} seconds negative when still to come */
export function ageText(seconds) {
  if (seconds <= -60) return `in ${span(-seconds)}`;
  return seconds < 60 ? "just now" : `${span(seconds)} ago`;
}

/** @param {number} seconds left; negative when late */
export function countdownText(seconds) {
  if (seconds <= -60) return `${span(-seconds)} late`;
  if (seconds <= 0) return "due now";
  return seconds < 60 ? "in under 1 min" : `in ${span(seconds)}`;
}
