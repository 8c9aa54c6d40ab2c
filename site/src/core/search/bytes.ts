// Pieces of a file by Range requests; of a server that knows none, the whole file once.

/** Reads pieces of a file. */
export type Bytes = (offset: number, length: number) => Promise<Uint8Array>;

/** The file at an absolute address. */
export function rangeBytes(address: string, get: typeof fetch = fetch): Bytes {
  let whole: Promise<Uint8Array> | null = null;
  return async (offset, length) => {
    if (whole) return (await whole).subarray(offset, offset + length);
    const response = await get(address, { headers: { Range: `bytes=${offset}-${offset + length - 1}` } });
    if (!response.ok) throw new Error(`${new URL(address).pathname}: ${response.status}`);
    const data = new Uint8Array(await response.arrayBuffer());
    if (response.status === 206) return data;
    whole = Promise.resolve(data);
    return data.subarray(offset, offset + length);
  };
}
