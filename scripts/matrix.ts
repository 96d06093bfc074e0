/**
 * `npm run matrix`: what each provider can do, shown by real exchanges of `dist/sx` (built where it is stale) with the simulator.
 * Arguments choose rows or columns by a part of their name: `npm run matrix -- codex vision`. Exit code 1 where a cell fails.
 */
import { ensureExecutable } from './build-executable/ensure.ts';
import { FEATURES } from './matrix/features.ts';
import { ROWS } from './matrix/rows.ts';
import { type CellResult, runMatrix } from './matrix/run.ts';

const words = process.argv.slice(2);
const chosen = <Item extends { readonly name: string }>(items: readonly Item[]): readonly Item[] => {
  const found = items.filter(({ name }) => words.some((word) => name.includes(word)));
  return found.length === 0 ? items : found;
};
const rows = chosen(ROWS);
const features = chosen(FEATURES);
const say = (text: string): void => void process.stdout.write(`${text}\n`);
const SIGNS: Readonly<Record<CellResult['outcome'], string>> = { works: '✓', fails: '✗', 'does not apply': '–' };

const sx = await ensureExecutable();
const started = performance.now();
const width = Math.max(...rows.map(({ name }) => name.length));
say(`${' '.repeat(width)}  ${features.map(({ name }) => name).join('  ')}`);
const cells = await runMatrix(sx, {
  rows,
  features,
  onCell({ row, feature, outcome }) {
    if (feature === features[0]?.name) process.stdout.write(`${row.padEnd(width)}  `);
    process.stdout.write(`${SIGNS[outcome].padEnd(feature.length)}  `);
    if (feature === features.at(-1)?.name) say('');
  },
});
const failed = cells.filter(({ outcome }) => outcome === 'fails');
for (const { row, feature, reason } of failed) say(`\n✗ ${row}, ${feature}: ${reason ?? ''}`);
const counted = (outcome: CellResult['outcome']): number => cells.filter((cell) => cell.outcome === outcome).length;
say(`\n${counted('works')} cells work, ${failed.length} fail, ${counted('does not apply')} do not apply; ${((performance.now() - started) / 1_000).toFixed(1)} s`);
process.exitCode = failed.length === 0 ? 0 : 1;
