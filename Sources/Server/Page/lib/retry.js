// Readings that fail because something is away for the moment are repeated until they succeed.

import { backoff } from './backoff.js';
import { explain, isPassing } from './problem.js';

/**
 * Reads for a view.
 * @param alert where a person is told what they have to know
 * @param line told of readings that are repeated by themselves (`freshnessLine`)
 * @param again reads everything once more
 */
export function patientReader({ alert, line, again }) {
  const repetition = backoff(again);

  /** What `work` answers; null when it failed, and then what is shown stays. */
  async function read(work) {
    try {
      const value = await work();
      alert.hidden = true;
      // As long as a repetition is due, something else is still missing.
      if (!repetition.isWaiting()) {
        repetition.worked();
        line.reading(null);
      }
      return value;
    } catch (error) {
      if (isPassing(error)) {
        repetition.failed();
        line.reading(error.status);
      } else tell(error);
      return null;
    }
  }

  function tell(error) {
    alert.textContent = explain(error);
    alert.hidden = false;
  }

  return { read, tell, now: repetition.now, close: repetition.stop };
}
