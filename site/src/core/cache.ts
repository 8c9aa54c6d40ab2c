// Parts of archives that were read before, kept in IndexedDB: the one store of a browser that works on plain http too.
//
// Names of archives carry a hash of their content, so what is kept never grows old; what is used least is dropped when
// there is too much. Nothing here ever fails: without a store (private windows, a full disk) nothing is kept.

/** Bytes of a file, and the ETag they came with. */
export interface Kept {
  readonly data: ArrayBuffer;
  readonly etag: string | null;
}

export interface RangeCache {
  get(file: string, offset: number, length: number): Promise<Kept | null>;
  put(file: string, offset: number, length: number, kept: Kept): void;
  /** Drop all that is kept of a file: it has changed under its name. */
  forget(file: string): Promise<void>;
}

type Key = readonly [file: string, offset: number, length: number];
type Entry = Kept & { readonly used: number }; // hours since 1970, so that reading seldom writes

const STORE = 'ranges';
const LIMIT = 200e6; // bytes
const KEEP = 0.8; // of the limit after dropping, so that it is not done at every write
const DELAY = 400; // ms writes are gathered for
const PATIENCE = 2000; // ms until a store that does not open is given up: some versions of Safari never answer

/** What keeps nothing. */
export const noCache: RangeCache = { get: async () => null, put: () => undefined, forget: async () => undefined };

/** The store of this origin, shared by all of its pages and opened at once; `limit` in bytes. */
export function rangeCache(limit = LIMIT, name = 'longquan'): RangeCache {
  const opened = Promise.race([open(name).catch(() => null), patience()]);
  const known = new Map<string, Promise<Set<string>>>(); // file → parts that are there: a miss costs no question
  const waiting = new Map<string, readonly [Key, Entry]>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let total: number | null = null; // bytes kept, once counted

  function parts(file: string): Promise<Set<string>> {
    const found = known.get(file) ?? read(opened, (store) => store.getAllKeys(all(file))).then((keys) => new Set((keys ?? []).map(String)));
    known.set(file, found);
    return found;
  }

  async function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    const entries = [...waiting];
    const db = await opened;
    if (!db || entries.length === 0) return void waiting.clear();
    try {
      await done(db, (store) => entries.forEach(([, [key, entry]]) => store.put(entry, [...key])));
      total = total === null
        ? sum((await read(Promise.resolve(db), (store) => store.getAllKeys())) ?? [])
        : total + entries.reduce((bytes, [, [key]]) => bytes + key[2], 0); // too much where some were there before: dropping counts anew
      if (total > limit) total = await drop(db, limit * KEEP);
    } catch {
      total = null; // over the quota most likely: make room, lose these few
      await drop(db, limit / 4).catch(() => undefined);
    }
    for (const [id, one] of entries) if (waiting.get(id) === one) waiting.delete(id);
  }

  function put(file: string, offset: number, length: number, { data, etag }: Kept): void {
    const key: Key = [file, offset, length];
    waiting.set(String(key), [key, { data, etag, used: hour() }]);
    void parts(file).then((set) => set.add(String(key)));
    timer ??= setTimeout(() => void flush(), DELAY);
  }

  if (typeof addEventListener === 'function') addEventListener('pagehide', () => void flush());
  return {
    put,
    async get(...key) {
      const id = String(key);
      const fresh = waiting.get(id);
      if (fresh) return fresh[1];
      if (!(await parts(key[0])).has(id)) return null;
      const entry = await read(opened, (store) => store.get([...key]) as IDBRequest<Entry | undefined>);
      if (!entry) return null;
      if (entry.used !== hour()) put(...key, entry);
      return entry;
    },
    async forget(file) {
      known.set(file, Promise.resolve(new Set()));
      for (const [id, [key]] of [...waiting]) if (key[0] === file) waiting.delete(id);
      const db = await opened;
      if (db) await done(db, (store) => store.delete(all(file))).catch(() => undefined);
      total = null;
    },
  };
}

function patience(): Promise<null> {
  return new Promise((done) => setTimeout(() => done(null), PATIENCE));
}

function open(name: string): Promise<IDBDatabase> {
  return new Promise((found, failed) => {
    const request = indexedDB.open(name, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE).createIndex('used', 'used');
    request.onsuccess = () => {
      request.result.onversionchange = () => request.result.close(); // a later version of this page wants another layout
      found(request.result);
    };
    request.onerror = request.onblocked = () => failed(request.error);
  });
}

/** The result of one question, or null when there is no store or it fails. */
async function read<T>(database: Promise<IDBDatabase | null>, ask: (store: IDBObjectStore) => IDBRequest<T>): Promise<T | null> {
  const db = await database;
  if (!db) return null;
  return new Promise((found) => {
    try {
      const request = ask(db.transaction(STORE).objectStore(STORE));
      request.onsuccess = () => found(request.result);
      request.onerror = () => found(null);
    } catch {
      found(null); // closed meanwhile
    }
  });
}

function done(db: IDBDatabase, change: (store: IDBObjectStore) => void): Promise<void> {
  return new Promise((found, failed) => {
    const transaction = db.transaction(STORE, 'readwrite', { durability: 'relaxed' });
    transaction.oncomplete = () => found();
    transaction.onerror = transaction.onabort = () => failed(transaction.error);
    change(transaction.objectStore(STORE));
  });
}

/** Drop what was used longest ago until at most `limit` bytes are left; returns how many are. */
async function drop(db: IDBDatabase, limit: number): Promise<number> {
  const keys = await read(Promise.resolve(db), (store) => store.index('used').getAllKeys()); // the oldest first
  let left = sum(keys ?? []);
  const old = (keys ?? []).filter((key) => {
    if (left <= limit) return false;
    left -= length(key);
    return true;
  });
  await done(db, (store) => old.forEach((key) => store.delete(key)));
  return left;
}

function all(file: string): IDBKeyRange {
  return IDBKeyRange.bound([file], [file, []]); // arrays come after numbers
}

function sum(keys: readonly IDBValidKey[]): number {
  return keys.reduce((bytes: number, key) => bytes + length(key), 0);
}

/** Bytes behind a key. */
function length(key: IDBValidKey): number {
  return (key as unknown as Key)[2];
}

function hour(): number {
  return Math.floor(Date.now() / 3_600_000);
}
