/**
 * Runs work at once; calls that come in while it runs, or shortly after, share one more run. So a burst of changes is
 * read a few times a second and no more.
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
