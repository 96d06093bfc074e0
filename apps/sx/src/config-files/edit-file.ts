/**
 * `sx config edit`: the user's own editor on a copy of the file, which replaces it only if it is good. What is not good is kept,
 * and its place is told: nothing that somebody typed is lost.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { ConfigError, ENV_FILE, isKeyName, KEY_NAMES, keyRow, nearest, parseEnvText, valueFault } from '@sx/config';

import { CliError } from '../cli/cli-error.ts';
import { childEnvironment } from '../compose/child-environment.ts';
import type { Invocation } from '../invocation.ts';
import type { Settings } from '../settings.ts';
import { readEnvFile, storeText } from './change-file.ts';
import type { LevelFile } from './level.ts';
import { isTrustedNow } from './trust-file.ts';

export interface Edited {
  readonly changed: boolean;
  readonly warnings: readonly string[];
}

/**
 * @throws {CliError} `CLI_NOT_INTERACTIVE`, `CLI_EDITOR_FAILED`; {ConfigError} of what was typed, with the place of the copy as
 *   hint.
 */
export async function editFile(invocation: Invocation, { level, path }: LevelFile, settings: Settings): Promise<Edited> {
  if (!invocation.stdout.isTerminal || invocation.stdin().isTTY !== true) {
    throw new CliError('CLI_NOT_INTERACTIVE', 'sx config edit needs a terminal', {
      hint: `sx config set KEY VALUE changes a key; the file is ${path}`,
    });
  }
  const old = readEnvFile(path);
  const isTrusted = level !== 'project' || isTrustedNow(path, old.bytes, settings);
  const directory = mkdtempSync(join(tmpdir(), 'sx-config-'));
  const copy = join(directory, ENV_FILE);
  let keeps = false;
  try {
    writeFileSync(copy, old.text, { mode: 0o600 });
    await runEditor(invocation, settings, copy);
    const text = readFileSync(copy, 'utf8');
    if (text === old.text) return { changed: false, warnings: [] };
    keeps = true;
    const warnings = checkText(text, path, copy);
    storeText(path, text, old, { level, isTrusted }, settings);
    keeps = false;
    return {
      changed: true,
      warnings: isTrusted ? warnings : [...warnings, `${path} is not trusted, so not all of it counts (sx config trust)`],
    };
  } catch (error) {
    if (!keeps || !(error instanceof ConfigError)) throw error;
    throw new ConfigError(error.code, error.message, {
      hint: `${path} is as it was; what you wrote is in ${copy}`,
      cause: error,
    });
  } finally {
    if (!keeps) rmSync(directory, { recursive: true, force: true });
  }
}

/** The terminal is the editor's meanwhile, and so is Ctrl-C. */
export async function runEditor(invocation: Invocation, settings: Settings, copy: string): Promise<void> {
  const named = [
    invocation.environment['VISUAL'],
    invocation.environment['EDITOR'],
  ].find((value) => value !== undefined && value.trim() !== '');
  const editor = named ?? 'vi';
  const { spawn, spawnSync } = await import('node:child_process');
  const resume = invocation.interrupts.suspend();
  try {
    // The variable holds a command line, as every other program takes it. A plain one needs no shell around it, which Ctrl-C
    // would end.
    const isPlain = /^[\w./+-]+(?: +[\w./+:=-]+)*$/.test(editor);
    const env = childEnvironment(invocation, settings);
    const child = spawn('/bin/sh', ['-c', `${isPlain ? 'exec ' : ''}${editor} "$1"`, 'sh', copy], {
      stdio: 'inherit',
      env,
      cwd: settings.workingDirectory,
    });
    const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (exitCode, exitSignal) => resolve([exitCode, exitSignal]));
    });
    if (code === 0) return;
    // One that was killed gives the terminal back to nobody: lines have to be lines again.
    if (signal !== null || (code ?? 0) > 128) {
      spawnSync('stty', ['sane'], { stdio: ['inherit', 'ignore', 'ignore'], env });
    }
    throw new CliError(
      'CLI_EDITOR_FAILED',
      `${editor.slice(0, 80)} ended with ${signal ?? `exit code ${code ?? 'unknown'}`}; nothing was changed`,
      { hint: 'VISUAL or EDITOR names the editor' },
    );
  } finally {
    resume();
  }
}

/** @returns a line for each unknown key. @throws {ConfigError} for lines and values that no program of ours would take. */
function checkText(text: string, path: string, copy: string): string[] {
  return parseEnvText(text.replace(/^\ufeff/, ''), copy).flatMap(({ key, value, line }) => {
    if (!isKeyName(key)) {
      const near = nearest(key, KEY_NAMES);
      return [`${path}:${line}: unknown key ${key}${near === undefined ? '' : `; did you mean ${near}?`}`];
    }
    const row = keyRow(key);
    if (row.environmentOnly === true) return [`${path}:${line}: ${key} counts only in the environment`];
    const fault = valueFault(row, value);
    if (fault === undefined) return [];
    throw new ConfigError('CONFIG_BAD_VALUE', `${copy}:${line}: ${key}: ${fault}`);
  });
}
