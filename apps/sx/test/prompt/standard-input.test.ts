import assert from 'node:assert/strict';
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { mock, test } from 'node:test';

import { CliError } from '../../src/cli/cli-error.ts';
import { readStandardInput, type StdinKind, type StdinMode, type StdinResult, standardInputKind } from '../../src/prompt/standard-input.ts';

const limits = { bytesMax: 8, firstByteTimeoutMs: 500, endTimeoutMs: 1_000 };

function read(stream: PassThrough, mode: StdinMode, kind: StdinKind = 'pipe', signal = new AbortController().signal): Promise<StdinResult> {
  return readStandardInput({ mode, kind, stream: () => stream, signal, limits });
}

const text = (result: StdinResult): string => (result.kind === 'read' ? Buffer.from(result.bytes).toString() : result.kind);

test('a pipe that ends is read', async () => {
  const stream = new PassThrough();
  stream.end('hi');
  assert.equal(text(await read(stream, 'auto')), 'hi');
});

test('a pipe that ends without a byte is read as empty', async () => {
  const stream = new PassThrough();
  stream.end();
  assert.equal(text(await read(stream, 'auto')), '');
});

test('a pipe without a byte in 500 ms is not waited for', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    const result = read(new PassThrough(), 'auto');
    mock.timers.tick(500);
    assert.equal(text(await result), 'silent');
  } finally {
    mock.timers.reset();
  }
});

test('a pipe whose first byte came is read past the 500 ms', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    const stream = new PassThrough();
    const result = read(stream, 'auto');
    stream.emit('data', Buffer.from('a'));
    mock.timers.tick(900);
    stream.emit('data', Buffer.from('b'));
    stream.emit('end');
    assert.equal(text(await result), 'ab');
  } finally {
    mock.timers.reset();
  }
});

test('a pipe that began and does not end is an error, in time', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    const stream = new PassThrough();
    const result = read(stream, 'auto');
    stream.emit('data', Buffer.from('a'));
    mock.timers.tick(1_000);
    await assert.rejects(result, (error: unknown) => error instanceof CliError && error.code === 'CLI_INPUT_TIMEOUT');
  } finally {
    mock.timers.reset();
  }
});

test('--stdin waits past both deadlines', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    const stream = new PassThrough();
    const result = read(stream, 'wait');
    mock.timers.tick(5_000);
    stream.emit('data', Buffer.from('a'));
    mock.timers.tick(5_000);
    stream.emit('end');
    assert.equal(text(await result), 'a');
  } finally {
    mock.timers.reset();
  }
});

test('waiting ends with an interrupt', async () => {
  const controller = new AbortController();
  const result = read(new PassThrough(), 'wait', 'pipe', controller.signal);
  controller.abort();
  assert.equal(text(await result), 'ignored');
});

test('--no-stdin does not open it', async () => {
  const result = await readStandardInput({ mode: 'never', kind: 'file', stream: () => assert.fail('opened'), signal: new AbortController().signal });
  assert.equal(result.kind, 'ignored');
});

test('a terminal or /dev/null is ignored, even by --stdin', async () => {
  const result = await readStandardInput({ mode: 'wait', kind: 'device', stream: () => assert.fail('opened'), signal: new AbortController().signal });
  assert.equal(result.kind, 'ignored');
});

for (const mode of ['wait', 'auto'] as const) {
  test(`more than the limit is an error (${mode})`, async () => {
    const stream = new PassThrough();
    stream.write('123456789');
    await assert.rejects(read(stream, mode), (error: unknown) => error instanceof CliError && error.code === 'CLI_INPUT_TOO_LARGE');
  });
}

test('kinds are told apart by the descriptor', () => {
  const directory = mkdtempSync(join(tmpdir(), 'sx-stdin-'));
  const file = openSync(join(directory, 'f'), 'w');
  const nothing = openSync('/dev/null', 'r');
  assert.equal(standardInputKind(file), 'file');
  assert.equal(standardInputKind(nothing), 'device');
  assert.equal(standardInputKind(999), 'device');
  closeSync(file);
  closeSync(nothing);
  rmSync(directory, { recursive: true });
});
