/** `npm run bench`: every group in one run, or those that are named, with the machine and the versions. Ratios are what counts; the figures are this machine's. */
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

const GROUPS: Readonly<Record<string, () => Promise<void>>> = {
  'start-up': () => benchStartUp(sx, node),
  'one-shot': () => benchOneShot(sx, node),
  resume: () => benchResume(sx, node),
  tools: benchTools,
  tokens: () => benchTokens(sx, node),
  pipeline: benchPipeline,
  providers: benchProviders,
  memory: () => benchMemory(node),
};
const asked = process.argv.slice(2);
const unknown = asked.find((name) => !Object.hasOwn(GROUPS, name));
if (unknown !== undefined) throw new TypeError(`no benchmark ${unknown}: ${Object.keys(GROUPS).join(', ')}, net, tui`);
for (const [name, group] of Object.entries(GROUPS)) if (asked.length === 0 || asked.includes(name)) await group();
