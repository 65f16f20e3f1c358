const LONGEST_PAUSE = 30_000;

/** Does something again later, after a pause that grows with each failure until `worked()`. */
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
      // Not all who wait come back in the same moment.
      timer = setTimeout(now, pause * (0.5 + Math.random() / 2));
    },
    worked() {
      pause = 0;
    },
    /** Does not wait any longer, where it does. */
    now,
    stop,
  };
}
