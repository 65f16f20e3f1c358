// What the browser keeps for us; a browser that keeps nothing (blocked in a frame, private) is no error.

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
    // Kept for as long as the page is open, then.
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
