/**
 * Fuzzes the interactive screen: random keys, model output, resizes and stalls against a virtual terminal, in turn by the parts
 * of `@sx/tui` (`fuzz/terminal-session.ts`) and by the whole screen of sx (`fuzz/screen-session.ts`).
 *
 * `node --conditions=@sx/source scripts/fuzz-terminal.ts --seconds 60 --seed 1`; `--from I --iterations 1` repeats one session of
 * a seed. Exit code 1 at the first session that breaks an invariant.
 */
import { parseArgs } from 'node:util';

import { createSeededRandom } from '@sx/testkit';

import { runScreenSession } from './fuzz/screen-session.ts';
import { runTerminalSession } from './fuzz/terminal-session.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '30' },
    iterations: { type: 'string', default: 'Infinity' },
    seed: { type: 'string', default: '1' },
    from: { type: 'string', default: '0' },
  },
});
const [seed, from, iterations, seconds] = [values.seed, values.from, values.iterations, values.seconds].map(Number);
if (
  seed === undefined
  || from === undefined
  || iterations === undefined
  || seconds === undefined
  || [seed, from, iterations, seconds].some(Number.isNaN)
) {
  throw new Error('--seed, --from, --iterations and --seconds take numbers');
}

const started = performance.now();
let done = 0;
for (; done < iterations && performance.now() - started < seconds * 1_000; done += 1) {
  try {
    const run = (from + done) % 2 === 0 ? runTerminalSession : runScreenSession;
    run(createSeededRandom(seed ^ Math.imul(from + done + 1, 0x9e37_79b1)));
  } catch (error) {
    console.log(`FAILED: repeat with --seed ${seed} --from ${from + done} --iterations 1`);
    console.log(error);
    process.exitCode = 1;
    break;
  }
}
console.log(`seed ${seed}: ${done.toLocaleString('en')} sessions in ${((performance.now() - started) / 1_000).toFixed(1)} s`);
