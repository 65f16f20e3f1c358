/**
 * Runs `work` at once. Calls made while it runs, or within `pause` milliseconds after it, share one more run: a burst of
 * changes causes a few reads per second.
 */
export function coalesced(work, pause = 250) {
  let isBusy = false;
  let isAskedAgain = false;
  return async function run() {
    if (isBusy) {
      isAskedAgain = true;
      return;
    }
    isBusy = true;
    do {
      isAskedAgain = false;
      await work();
      await new Promise((resolve) => setTimeout(resolve, pause));
    } while (isAskedAgain);
    isBusy = false;
  };
}
