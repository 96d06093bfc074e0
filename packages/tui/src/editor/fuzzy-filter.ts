/**
 * Filters and ranks candidates by a query whose letters they hold in order.
 *
 * Better: the query as a whole, at the start, after a separator or a capital, letters together, short candidates. Linear in the
 * length of each candidate.
 */
const SEPARATOR = /[\s/\\_.\-:]/;
const WHOLE = 1_000;
const LENGTH_MAX = 150;
/** However many letters are scattered, they are less than the query as a whole. */
const SCATTERED_MAX = WHOLE - LENGTH_MAX - 1;

/** Higher is better; undefined is no match. */
export function fuzzyScore(candidate: string, query: string): number | undefined {
  if (query === '') return 0;
  const text = candidate.toLowerCase();
  const wanted = query.toLowerCase();
  if (text.includes(wanted)) {
    const place = text.startsWith(wanted) ? 400 : startsWord(text, wanted) ? 200 : 0;
    return WHOLE + place - Math.min(LENGTH_MAX, candidate.length - query.length);
  }
  let score = 0;
  let at = 0;
  let previous = -2;
  for (const letter of wanted) {
    const found = text.indexOf(letter, at);
    if (found === -1) return undefined;
    const isHump = candidate[found] !== text[found] && candidate[found - 1] === text[found - 1];
    const starts = found === 0 || SEPARATOR.test(text[found - 1] ?? '') || isHump;
    score += found === previous + 1 ? 8 : starts ? 6 : 1;
    previous = found;
    at = found + letter.length;
  }
  return Math.min(SCATTERED_MAX, score * 10) - Math.min(LENGTH_MAX, candidate.length);
}

function startsWord(text: string, wanted: string): boolean {
  for (let at = text.indexOf(wanted); at !== -1; at = text.indexOf(wanted, at + wanted.length)) {
    if (at === 0 || SEPARATOR.test(text[at - 1] ?? '')) return true;
  }
  return false;
}

/**
 * The best first; equals keep their order.
 *
 * @param detailOf - What is said of an item: its name as a whole counts before it.
 */
export function fuzzyFilter<Item>(
  items: readonly Item[],
  query: string,
  textOf: (item: Item) => string,
  detailOf: (item: Item) => string = () => '',
): Item[] {
  const scored = items.flatMap((item, order) => {
    const named = fuzzyScore(textOf(item), query);
    const score = named !== undefined && named >= WHOLE - LENGTH_MAX ? WHOLE + named : fuzzyScore(`${textOf(item)} ${detailOf(item)}`.trimEnd(), query);
    return score === undefined ? [] : [{ item, score, order }];
  });
  return scored.sort((one, other) => other.score - one.score || one.order - other.order).map(({ item }) => item);
}
