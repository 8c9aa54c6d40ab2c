// How many pixels of two pictures differ to the eye: node site/build/compare-pixels.js WIDTH HEIGHT A B DIFFERENCE
// A and B are raw RGBA; DIFFERENCE gets the second picture in pale grey, what differs in red, as raw RGBA. Prints the number.
// pixelmatch weighs colours as the eye does and leaves edges aside that are only smoothed otherwise.

import { readFileSync, writeFileSync } from 'node:fs';
import pixelmatch from 'pixelmatch';

const [width, height] = process.argv.slice(2, 4).map(Number);
const [before, after, target] = process.argv.slice(4);
const shown = new Uint8Array(width * height * 4);
const different = pixelmatch(readFileSync(before), readFileSync(after), shown, width, height, { threshold: 0.1, diffColor: [220, 0, 40] });
writeFileSync(target, shown);
console.log(different);
