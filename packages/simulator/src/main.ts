/**
 * `npm run simulator -- [--port N] [--http] [--scenario NAME] [--strict] [--token-key KEY] [--access-token-seconds N]`
 *
 * Prints one line of JSON with its URLs, the CA file and sample credential files, and serves until SIGTERM, SIGINT or the end of
 * its parent's patience.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createSimulator } from './simulator.ts';

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    http: { type: 'boolean', default: false },
    scenario: { type: 'string', default: 'auto' },
    strict: { type: 'boolean', default: false },
    'token-key': { type: 'string' },
    'access-token-seconds': { type: 'string', default: '3600' },
  },
});

const key = values['token-key'];
const simulator = await createSimulator({
  port: Number(values.port),
  tls: !values.http,
  scenario: values.scenario,
  strict: values.strict,
  accessTokenSeconds: Number(values['access-token-seconds']),
  ...(key === undefined ? {} : { tokenServerKey: key }),
});
const folder = mkdtempSync(join(tmpdir(), 'sx-simulator-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
const { codexAuthFile, claudeCredentialsFile } = simulator.credentials();
const credentials = { codex: join(folder, 'auth.json'), claudeCode: join(folder, 'claude-credentials.json') };
writeFileSync(credentials.codex, JSON.stringify(codexAuthFile, null, 2), { mode: 0o600 });
writeFileSync(credentials.claudeCode, JSON.stringify(claudeCredentialsFile, null, 2), { mode: 0o600 });
process.stdout.write(`${JSON.stringify({ url: simulator.url, ...simulator.urls, apiKey: simulator.apiKey, caFile: simulator.caFile, credentials })}\n`);

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => void simulator.close().then(() => process.exit(0)));
}
