// Texts taken apart so that spellings that mean the same come out the same; docs/search.md § Folding.

/** A Chinese character, or a run of other letters and digits. */
export interface Unit {
  readonly value: string;
  readonly han: boolean;
  readonly start: number; // in the text it was taken from
  readonly end: number;
}

type Piece = readonly [kind: 'separator' | 'han' | 'word', value: string];

const IGNORED = new Set("'’‘ʼ`´");
const BUILDINGS = new Set('栋座');
const HAN = /[\u3400-\u4dbf\u4e00-\u9fff\u3007\uf900-\ufaff\u{20000}-\u{323af}]/u;
const LETTER = /[\p{L}\p{N}]/u;

export type Fold = (text: string) => readonly Unit[];

/** What takes texts apart by a table of characters. */
export function folder(table: ReadonlyMap<string, string>): Fold {
  const known = new Map<string, readonly Piece[]>();
  return (text) => {
    const found: Unit[] = [];
    let word = '';
    let start = 0;
    let end = 0;
    let at = 0;
    for (const character of text) {
      let pieces = known.get(character);
      if (!pieces) known.set(character, (pieces = piecesOf(character, table)));
      const next = at + character.length;
      for (const [kind, value] of pieces) {
        if (kind === 'word') {
          if (!word) start = at;
          word += value;
          end = next;
          continue;
        }
        if (word) found.push({ value: word, han: false, start, end });
        word = '';
        if (kind === 'separator') continue;
        const before = found.at(-1);
        const building = BUILDINGS.has(value) && before && !before.han && before.end === at;
        found.push({ value: building ? '幢' : value, han: true, start: at, end: next });
      }
      at = next;
    }
    if (word) found.push({ value: word, han: false, start, end });
    return found;
  };
}

function piecesOf(character: string, table: ReadonlyMap<string, string>): readonly Piece[] {
  if (IGNORED.has(character)) return [];
  const plain = character.normalize('NFKD').replace(/[\u0300-\u036f]/g, '').normalize('NFC').toLowerCase();
  return [...plain].map((one): Piece => {
    const c = table.get(one) ?? one;
    return [HAN.test(c) ? 'han' : LETTER.test(c) ? 'word' : 'separator', c];
  });
}
