// Long work in small turns, so that the page answers meanwhile.

const TURN = 24; // ms

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
