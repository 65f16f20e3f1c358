// Repeats work that failed because the server or its storage is unavailable for a moment.

import { explain, isTemporary } from './problem.js';

const LONGEST_PAUSE = 30_000;

/** Runs `work` again after a pause. The pause grows with each `failed()` until `worked()`. */
export function backoff(work) {
  let pause = 0;
  let timer = null;

  function now() {
    if (timer === null) return;
    stop();
    work();
  }

  function stop() {
    clearTimeout(timer);
    timer = null;
  }

  return {
    isWaiting: () => timer !== null,
    failed() {
      if (timer !== null) return;
      pause = Math.min(Math.max(pause * 2, 1_000), LONGEST_PAUSE);
      // A random pause, so that not all pages try again at the same moment.
      timer = setTimeout(now, pause * (0.5 + Math.random() / 2));
    },
    worked() {
      pause = 0;
    },
    /** Ends the pause early; does nothing when there is none. */
    now,
    stop,
  };
}

/**
 * Reads for a view, and repeats all reads while some fail for a temporary reason.
 * @param alert the element that shows errors the viewer has to know
 * @param line the `FreshnessLine`, which shows that reads are being repeated
 * @param again reads everything once more
 */
export function retryingReader({ alert, line, again }) {
  const retry = backoff(again);

  /** What `work` returns; null when it failed, and then the view keeps what it shows. */
  async function read(work) {
    try {
      const value = await work();
      alert.hidden = true;
      // While a retry is due, another read has still failed.
      if (!retry.isWaiting()) {
        retry.worked();
        line.setFailedRead(null);
      }
      return value;
    } catch (error) {
      if (isTemporary(error)) {
        retry.failed();
        line.setFailedRead(error.status);
      } else showError(error);
      return null;
    }
  }

  function showError(error) {
    alert.textContent = explain(error);
    alert.hidden = false;
  }

  return { read, showError, now: retry.now, close: retry.stop };
}
