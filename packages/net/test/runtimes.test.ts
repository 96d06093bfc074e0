import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

const SCRIPT = join(import.meta.dirname, '../../../scripts/runtimes.ts');

test('test:runtimes ends with 77 and a reason where a runtime cannot be had, and leaves no folder behind', () => {
  const temporary = mkdtempSync(join(tmpdir(), 'sx-no-registry-'));
  try {
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--conditions=@sx/source', SCRIPT, 'node20'], {
      encoding: 'utf8',
      timeout: 60_000,
      env: {
        PATH: process.env['PATH'],
        HOME: temporary,
        TMPDIR: temporary,
        npm_config_cache: join(temporary, 'cache'),
        npm_config_registry: 'http://127.0.0.1:1/',
        npm_config_fetch_retries: '0',
        npm_config_update_notifier: 'false',
      },
    });
    assert.equal(status, 77, stdout + stderr);
    assert.match(stderr, /^cannot install node-\w+-\w+@20\.\d+\.\d+: npm error/m);
    assert.deepEqual(readdirSync(temporary).filter((name) => name.startsWith('sx-runtimes-')), []);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
});
