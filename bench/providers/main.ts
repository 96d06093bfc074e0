/** `npm run bench -- providers`: this group alone. */
import { peerVersion, printMachine } from '../measure.ts';
import { benchProviders } from './run.ts';

printMachine(Object.fromEntries(['openai', '@anthropic-ai/sdk', '@google/genai'].map((name) => [name, peerVersion(name)])));
await benchProviders();
