// Today on the viewer's own calendar, and its place in a year.

/** `YYYY-MM-DD`. */
export function today() {
  const now = new Date();
  const two = (value) => String(value).padStart(2, '0');
  return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
}

export function thisYear() {
  return new Date().getFullYear();
}

/** The current month, 0 to 11; null when `year` is not the current year. */
export function currentMonth(year) {
  return year === thisYear() ? new Date().getMonth() : null;
}

/** Today as a number of months since the year's beginning: 0 before the year, 12 after it. */
export function placeOfToday(year) {
  const now = new Date();
  if (year !== now.getFullYear()) return year > now.getFullYear() ? 0 : 12;
  return now.getMonth() + now.getDate() / daysInMonth(year, now.getMonth() + 1);
}

/** The number of days of month 1 to 12. */
export function daysInMonth(year, month) {
  return new Date(Date.UTC(year, month, 0)).getUTCDate();
}
