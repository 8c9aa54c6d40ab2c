// The reader's drawing in this browser: one for each published folder, as GeoJSON text, nowhere else.

/** The key of the folder that the page lies in. */
export function keyOf(address: string): string {
  return `longquan-drawing:${new URL('.', address).pathname}`;
}

/** The text kept, or null: none, or a browser that keeps nothing. */
export function kept(): string | null {
  try {
    return localStorage.getItem(keyOf(location.href));
  } catch {
    return null;
  }
}

/** Keep a text, or with null nothing; whether the browser did. */
export function keep(text: string | null): boolean {
  try {
    if (text === null) localStorage.removeItem(keyOf(location.href));
    else localStorage.setItem(keyOf(location.href), text);
    return true;
  } catch {
    return false; // full, or switched off
  }
}
