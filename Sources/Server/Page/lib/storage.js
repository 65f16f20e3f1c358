// The browser's storage. Where it is blocked (in a frame, in private mode) reading gives null and writing does nothing.

function read(area, key) {
  try {
    return window[area].getItem(key);
  } catch {
    return null;
  }
}

function write(area, key, value) {
  try {
    if (value === null) window[area].removeItem(key);
    else window[area].setItem(key, value);
  } catch {
    // The value is kept while the page is open.
  }
}

/** Kept on this device. */
export const device = {
  get: (key) => read('localStorage', key),
  set: (key, value) => write('localStorage', key, value),
};

/** Kept until the tab is closed. */
export const tab = {
  get: (key) => read('sessionStorage', key),
  set: (key, value) => write('sessionStorage', key, value),
};
