/**
 * The programs: ours and, where npm could install them (`peers/`), others, each told by its own settings to talk to the model
 * server alone: no telemetry, no look for updates, nothing to ask at the first start. HOME is a temporary folder.
 *
 * Codex is started as the binary that its npm package starts, pi as a script by the Node that runs us: what npm puts around them
 * would count against them.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, globSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import type { Program } from './terminal.ts';

const PEERS = join(import.meta.dirname, 'peers');
const KEY = 'bench-key';
const INSTALL_MS = 300_000;

export interface Candidate extends Program {
  readonly name: string;
  readonly version: string;
  /** Text that is there once the prompt is. */
  readonly prompt: RegExp;
}

/** @param url - Of the model server, with `/v1`. @param home - A folder of the run. */
export function candidatesFor(url: string, home: string): Candidate[] {
  const project = join(home, 'project');
  mkdirSync(project, { recursive: true });
  return [ours, codex, pi].flatMap((make) => make(url, join(home, make.name), project) ?? []);
}

/** Undefined, or one line that says what is not there, and why. */
export function installPeers(): string | undefined {
  try {
    if (!existsSync(join(PEERS, 'node_modules/.package-lock.json'))) {
      const options = { cwd: PEERS, stdio: ['ignore', 'ignore', 'pipe'], timeout: INSTALL_MS } as const;
      execFileSync('npm', ['ci', '--ignore-scripts', '--loglevel=error'], options);
    }
    return undefined;
  } catch (error) {
    const lines = error instanceof Error ? error.message.split('\n') : [String(error)];
    const reason = lines.find((line) => /npm error|ETIMEDOUT/.test(line)) ?? lines[0] ?? '';
    return `peers are not installed (${reason}): ours alone\n`;
  }
}

function ours(url: string, home: string, cwd: string): Candidate {
  mkdirSync(home, { recursive: true });
  const command = resolve(import.meta.dirname, '../../dist/sx');
  const provider = { PROVIDER: 'openai', OPENAI_API: 'responses', OPENAI_BASE_URL: url, OPENAI_API_KEY: KEY, MODEL: 'gpt-5.5' };
  const version = execFileSync(command, ['version'], { encoding: 'utf8' }).trim().replace(/^sx /, '');
  return { name: 'sx', version, command, env: { HOME: home, ...provider }, cwd, prompt: /› / };
}

function codex(url: string, home: string, cwd: string): Candidate | undefined {
  const [command] = globSync(join(PEERS, 'node_modules/@openai/codex-*/vendor/*/bin/codex'));
  if (command === undefined) return undefined;
  mkdirSync(join(home, '.codex'), { recursive: true });
  const lines = [
    'model = "bench"', 'model_provider = "bench"', 'approval_policy = "never"', 'sandbox_mode = "read-only"',
    'check_for_update_on_startup = false',
    '[analytics]', 'enabled = false',
    '[tui]', 'animations = false', 'show_tooltips = false', 'screen_reader_detection_done = true',
    '[model_providers.bench]', 'name = "bench"', `base_url = "${url}"`, 'env_key = "BENCH_KEY"', 'wire_api = "responses"',
    `[projects."${realpathSync(cwd)}"]`, 'trust_level = "trusted"',
  ];
  writeFileSync(join(home, '.codex/config.toml'), `${lines.join('\n')}\n`);
  const env = { HOME: home, BENCH_KEY: KEY };
  return { name: 'codex', version: versionOf('@openai/codex'), command, env, cwd, prompt: /Ask Codex/ };
}

function pi(url: string, home: string, cwd: string): Candidate | undefined {
  const script = join(PEERS, 'node_modules/@mariozechner/pi-coding-agent/dist/cli.js');
  if (!existsSync(script)) return undefined;
  const folder = join(home, '.pi/agent');
  mkdirSync(folder, { recursive: true });
  const cost = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 };
  const sizes = { contextWindow: 1_000_000, maxTokens: 32_000 };
  const model = { id: 'bench', name: 'bench', reasoning: false, input: ['text'], ...sizes, cost };
  const providers = { bench: { baseUrl: url, api: 'openai-responses', apiKey: KEY, models: [model] } };
  const settings = { defaultProvider: 'bench', defaultModel: 'bench', enableInstallTelemetry: false, quietStartup: true };
  writeFileSync(join(folder, 'models.json'), JSON.stringify({ providers }));
  writeFileSync(join(folder, 'settings.json'), JSON.stringify(settings));
  const command = `${realpathSync(process.execPath)} ${script}`;
  const env = { HOME: home, PI_OFFLINE: '1', PI_TELEMETRY: '0' };
  return { name: 'pi', version: versionOf('@mariozechner/pi-coding-agent'), command, env, cwd, prompt: /bench/ };
}

function versionOf(name: string): string {
  const manifest: { version: string } = JSON.parse(readFileSync(join(PEERS, 'node_modules', name, 'package.json'), 'utf8'));
  return manifest.version;
}
