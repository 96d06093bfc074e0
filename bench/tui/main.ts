/**
 * `npm run bench:tui`: the screen alone, then the built program at a pseudo-terminal beside others. `-- screen` and `-- programs`
 * are the one without the other.
 */
import { printMachine } from '../measure.ts';
import { benchPrograms } from './program.ts';
import { benchScreen } from './screen.ts';

const only = process.argv[2];
printMachine({});
if (only !== 'programs') benchScreen();
if (only !== 'screen') await benchPrograms();
