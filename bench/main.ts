/** `npm run bench`: every group in one run, with the machine and the versions. Ratios are what counts; the figures are this machine's. */
import { execFileSync } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { resolve } from 'node:path';

import { benchMemory } from './memory.ts';
import { dropPageCache, peerVersion, printMachine, requireGnuTime } from './measure.ts';
import { benchOneShot } from './one-shot.ts';
import { benchPipeline } from './pipeline.ts';
import { benchProviders } from './providers/run.ts';
import { benchResume } from './resume.ts';
import { benchStartUp } from './start-up.ts';
import { benchTokens } from './tokens.ts';
import { benchTools } from './tools.ts';

requireGnuTime();
dropPageCache();
const root = resolve(import.meta.dirname, '..');
const sx = resolve(root, 'dist/sx');
const node = realpathSync(process.execPath);
const sxVersion = execFileSync(sx, ['version'], { encoding: 'utf8' }).trim().split('\n')[0] ?? '';
printMachine({ sx: sxVersion.replace(/^sx /, ''), undici: peerVersion('undici'), ...Object.fromEntries(['eventsource-parser', 'openai', '@anthropic-ai/sdk', '@google/genai'].map((name) => [name, peerVersion(name)])) });
await benchStartUp(sx, node);
await benchOneShot(sx, node);
await benchResume(sx, node);
await benchTools();
await benchTokens(sx, node);
await benchPipeline();
await benchProviders();
await benchMemory(node);
