// What the page is like right now, in one place: parts set it, parts listen to it, the address mirrors it.

export interface Store<S extends object> {
  readonly now: S;
  /** Change some values; listeners are called once, afterwards, and only for what is different. */
  set(changes: Partial<S>): void;
  /** Be told of changes of any of `keys`; returns what ends it. */
  on(keys: readonly (keyof S)[], listener: (now: S, before: S) => void): () => void;
}

interface Listener<S> {
  readonly keys: readonly (keyof S)[];
  readonly call: (now: S, before: S) => void;
}

/** A store that begins with `initial`. What a listener sets is told after all have heard of the change before. */
export function store<S extends object>(initial: S): Store<S> {
  const listeners = new Set<Listener<S>>();
  const untold: (readonly [now: S, before: S])[] = [];
  let now = initial;
  let telling = false;

  function tell(): void {
    if (telling) return;
    telling = true;
    try {
      for (let change = untold.shift(); change; change = untold.shift()) {
        const [then, before] = change;
        for (const { keys, call } of [...listeners]) if (keys.some((key) => !Object.is(then[key], before[key]))) call(then, before);
      }
    } finally {
      telling = false;
    }
  }

  return {
    get now() {
      return now;
    },
    set(changes) {
      const different = Object.entries(changes).some(([key, value]) => !Object.is(value, now[key as keyof S]));
      if (!different) return;
      const before = now;
      now = { ...now, ...changes };
      untold.push([now, before]);
      tell();
    },
    on(keys, call) {
      const listener = { keys, call };
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
