/**
 * Filters and ranks candidates by a query whose letters they hold in order.
 *
 * Better: the query as a whole, at the start, after a separator or a capital, letters together, short candidates. Linear in the
 * length of each candidate.
 */
const SEPARATOR = /[\s/\\_.\-:]/;

/** Higher is better; undefined is no match. */
export function fuzzyScore(candidate: string, query: string): number | undefined {
  if (query === '') return 0;
  const text = candidate.toLowerCase();
  const wanted = query.toLowerCase();
  const whole = text.lastIndexOf(wanted);
  if (whole !== -1) {
    const first = text.startsWith(wanted) ? 0 : whole;
    const starts = first === 0 || SEPARATOR.test(text[first - 1] ?? '');
    return 1_000 + (first === 0 ? 200 : 0) + (starts ? 200 : 0) - Math.min(150, candidate.length - query.length);
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
  return score * 10 - Math.min(150, candidate.length);
}

/** The best first; equals keep their order. */
export function fuzzyFilter<Item>(items: readonly Item[], query: string, textOf: (item: Item) => string): Item[] {
  const scored = items.flatMap((item, order) => {
    const score = fuzzyScore(textOf(item), query);
    return score === undefined ? [] : [{ item, score, order }];
  });
  return scored.sort((one, other) => other.score - one.score || one.order - other.order).map(({ item }) => item);
}
