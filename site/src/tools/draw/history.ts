// Steps that can be taken back and again.

export interface History<T> {
  readonly now: T;
  readonly canUndo: boolean;
  readonly canRedo: boolean;
  push(next: T): void;
  /** The state before; as it is, where there is none. */
  undo(): T;
  redo(): T;
  /** Begin anew, without a way back. */
  reset(to: T): void;
}

export function history<T>(initial: T, longest = 200): History<T> {
  let states = [initial];
  let at = 0;
  return {
    get now() {
      return states[at]!;
    },
    get canUndo() {
      return at > 0;
    },
    get canRedo() {
      return at < states.length - 1;
    },
    push(next) {
      states = [...states.slice(0, at + 1), next].slice(-longest);
      at = states.length - 1;
    },
    undo: () => states[(at = Math.max(0, at - 1))]!,
    redo: () => states[(at = Math.min(states.length - 1, at + 1))]!,
    reset(to) {
      states = [to];
      at = 0;
    },
  };
}
