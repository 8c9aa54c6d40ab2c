// Long work in small turns, so that the page answers meanwhile.

const TURN = 50; // ms: a quarter of what a reader feels; shorter turns wait for the map's frames more than they work

/** A function to await between steps of long work: it lets the page have its turn when this one has lasted long enough. */
export function breath(signal?: AbortSignal): () => Promise<void> | undefined {
  let since = performance.now();
  return () => {
    signal?.throwIfAborted();
    if (performance.now() - since < TURN) return undefined;
    return new Promise((done) => setTimeout(done)).then(() => {
      since = performance.now();
      signal?.throwIfAborted();
    });
  };
}
