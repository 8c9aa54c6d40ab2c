// Whole numbers as the search index writes them (LEB128), and texts between them.

/** Reads varints and texts one after the other. Throws a RangeError at the end of the data. */
export class Varints {
  private at = 0;
  private readonly data: Uint8Array;

  constructor(data: Uint8Array) {
    this.data = data;
  }

  one(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.data[this.at++];
      if (byte === undefined) throw new RangeError('search index: cut off');
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  }

  many(count: number): number[] {
    return Array.from({ length: count }, () => this.one());
  }

  /** Numbers written as differences to the one before. */
  rising(count: number, first = 0): number[] {
    let last = first;
    return this.many(count).map((step) => (last += step));
  }

  /** The same of signed differences. */
  wandering(count: number, first = 0): number[] {
    let last = first;
    return this.many(count).map((step) => (last += step % 2 === 0 ? step / 2 : -(step + 1) / 2));
  }

  text(): string {
    const length = this.one();
    if (this.at + length > this.data.length) throw new RangeError('search index: cut off');
    return new TextDecoder().decode(this.data.subarray(this.at, (this.at += length)));
  }
}

/** The content of a gzip member. */
export async function gunzip(data: Uint8Array): Promise<Uint8Array> {
  const stream = new Blob([data as Uint8Array<ArrayBuffer>]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
