/** Writes the documents that are generated from tables in the code (`npm run check -- --write`); `npm run check` compares them. */
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { configurationDocument } from '@sx/config';

const root = resolve(import.meta.dirname, '..');
writeFileSync(join(root, 'docs/configuration.md'), configurationDocument());
