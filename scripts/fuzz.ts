/**
 * Fuzzes the pure parts of @sx/net: response heads, chunked bodies, event streams, the request encoder.
 *
 * `npm run fuzz -- --seconds 30`, `--iterations N`, `--seed S`; `--from I --iterations 1` repeats one input of a seed. Out:
 * the seed, counts by outcome, and how our verdict relates to that of Node's own parser; exit code 1 and the input where an
 * invariant broke.
 */
import { parseArgs } from 'node:util';

import { fuzz } from './fuzz/run.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string' },
    iterations: { type: 'string' },
    seed: { type: 'string' },
    from: { type: 'string', default: '0' },
  },
});

function numberOf(name: string, text: string): number {
  const number = Number(text);
  if (!/^[0-9]+$/.test(text) || !Number.isSafeInteger(number)) throw new Error(`--${name} is no whole number: ${text}`);
  return number;
}

const seed = values.seed === undefined ? Date.now() % 2 ** 31 : numberOf('seed', values.seed);
const iterations = values.iterations === undefined ? undefined : numberOf('iterations', values.iterations);
const seconds = values.seconds !== undefined ? numberOf('seconds', values.seconds) : iterations === undefined ? 30 : undefined;

const deprecation = process.listeners('warning');
process.removeAllListeners('warning');
console.log(`seed ${seed}`);
const report = fuzz({ seed, seconds, iterations, from: numberOf('from', values.from) });
for (const listener of deprecation) process.on('warning', listener);

for (const [what, count] of [...report.notes].sort(([a], [b]) => a.localeCompare(b))) {
  console.log(`${String(count).padStart(10)}  ${what}`);
}
const elapsedSeconds = report.elapsedMs / 1_000;
const rate = Math.round(report.iterations / elapsedSeconds);
console.log(
  `${report.iterations.toLocaleString('en')} inputs in ${elapsedSeconds.toFixed(1)} s (${rate.toLocaleString('en')} a second), ` +
    `peak RSS ${(report.rssPeakBytes / 2 ** 20).toFixed(0)} MiB`,
);
if (report.failure !== undefined) {
  const { iteration, target, input, error } = report.failure;
  console.log(`FAILED at iteration ${iteration} (${target}); repeat with --seed ${seed} --from ${iteration} --iterations 1`);
  console.log(input);
  console.log(error instanceof Error ? error.stack : error);
  process.exitCode = 1;
}
