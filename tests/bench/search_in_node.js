// First queries by the portal's own engine: ADDRESS HEAD QUERY… → JSON. Needs a Node that strips types (≥ 22.18).

import { search } from '../../site/src/core/search/engine.ts';
import { openIndex } from '../../site/src/core/search/index-file.ts';
import { rangeBytes } from '../../site/src/core/search/bytes.ts';

const [address, head, ...queries] = process.argv.slice(2);

async function first(query) {
  const read = rangeBytes(address);
  let bytes = 0;
  let requests = 0;
  const counted = (offset, length) => {
    bytes += length;
    requests++;
    return read(offset, length);
  };
  const begun = performance.now();
  const found = await search(await openIndex(counted, { head: Number(head) }), query);
  return { query, found: found[0]?.title ?? '', ms: performance.now() - begun, bytes, requests };
}

await first(queries[0]); // compiled code and the connection are not what is measured
const answers = [];
for (const query of queries) answers.push(await first(query));
process.stdout.write(JSON.stringify(answers));
