/**
 * One real exchange of the matrix: `dist/sx` in a sandbox of its own against the simulator, and what both sides have to say about it:
 * the lines of `stream-json`, and the simulator's journal of this exchange alone.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { arrayOr, isObject, type JsonObject, objectOr, parseJson, stringOr } from '@sx/llm';
import type { Simulator } from '@sx/simulator';

import type { MatrixRow } from './rows.ts';

export interface ExchangeOptions {
  readonly prompt: string;
  readonly args?: readonly string[];
  /** Files of the project folder. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  readonly scenario?: string;
  /** The login has run out: it must be refreshed first. */
  readonly expiredLogin?: boolean;
}

export interface Exchanged {
  readonly code: number;
  readonly stderr: string;
  readonly lines: readonly JsonObject[];
  /** The last line. */
  readonly result: JsonObject;
  /** Model requests, oldest first. */
  readonly requests: Simulator['requests'];
}

const TIMEOUT_MS = 30_000;
/** What a model is asked through, in every wire format. */
const MODEL_PATH = /\/(responses|messages|chat\/completions)$|:streamGenerateContent$/;

export async function exchange(sx: string, simulator: Simulator, row: MatrixRow, options: ExchangeOptions): Promise<Exchanged> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'sx-matrix-')));
  const put = (path: string, content: string | Uint8Array): string => {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content, { mode: 0o600 });
    return file;
  };
  try {
    for (const [path, content] of Object.entries(options.files ?? {})) put(`project/${path}`, content);
    mkdirSync(join(folder, 'project/.git'), { recursive: true });
    const urls = options.scenario === undefined ? simulator.urls : simulator.urlsFor(options.scenario);
    const login = simulator.credentials(options.expiredLogin === true ? { expiresInSeconds: -60 } : {});
    const env = {
      HOME: folder,
      PATH: process.env['PATH'] ?? '',
      ...(simulator.caFile === undefined ? {} : { CA_FILE: simulator.caFile }),
      ...row.environment({ urls, simulator, login, put }),
    };
    const before = simulator.requests.length;
    const args = ['-p', options.prompt, '--output-format', 'stream-json', '--include-partial-messages', ...(options.args ?? [])];
    const { code, stdout, stderr } = await run(sx, args, { cwd: join(folder, 'project'), env });
    const lines = stdout.split('\n').map((line) => parseJson(line)).filter(isObject);
    const requests = simulator.requests.slice(before).filter(({ path, method }) => method === 'POST' && MODEL_PATH.test(path));
    const result = lines.findLast(({ type }) => type === 'result') ?? {};
    return { code, stderr, lines, result, requests };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function run(sx: string, args: readonly string[], options: { readonly cwd: string; readonly env: Record<string, string> }) {
  const child = spawn(sx, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'], timeout: TIMEOUT_MS, killSignal: 'SIGKILL' });
  const texts = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => void (texts.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => void (texts.stderr += text));
  const [code]: unknown[] = await once(child, 'close');
  return { code: typeof code === 'number' ? code : -1, ...texts };
}

/** Blocks of one type, of all assistant or user messages of the run, with the number of their message. */
export function blocksOf({ lines }: Exchanged, role: 'assistant' | 'user', type: string): (JsonObject & { readonly message: number })[] {
  return lines.flatMap((line, message) => {
    if (line['type'] !== role) return [];
    const content = arrayOr(objectOr(line['message'], {})['content'], []);
    return content.filter(isObject).filter((block) => block['type'] === type).map((block) => ({ ...block, message }));
  });
}

/** Deltas of one kind, as they came. */
export function deltasOf({ lines }: Exchanged, type: string, member: string): string[] {
  return lines.flatMap((line) => {
    const event = objectOr(line['event'], {});
    const delta = objectOr(event['delta'], {});
    return event['type'] === 'content_block_delta' && delta['type'] === type ? [stringOr(delta[member], '')] : [];
  });
}
