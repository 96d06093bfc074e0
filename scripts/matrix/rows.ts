/**
 * The rows of the matrix: each provider as a user would set it up, pointed at the simulator. One row for each of the six, and one
 * more where a key changes the protocol.
 */
import type { Simulator, SimulatorUrls } from '@sx/simulator';

export interface RowContext {
  readonly urls: SimulatorUrls;
  readonly simulator: Simulator;
  readonly login: ReturnType<Simulator['credentials']>;
  /** Writes a file below HOME and gives its path. */
  readonly put: (path: string, content: string) => string;
}

export interface MatrixRow {
  readonly name: string;
  /** Has a login with tokens that run out. */
  readonly oauth: boolean;
  /** What a request says so that the vendor keeps the prompt. Absent: it keeps it unasked. */
  readonly cacheMark?: RegExp;
  /** Makes it keep caches of its own at the vendor, and how a request then names one. */
  readonly ownCaches?: { readonly args: readonly string[]; readonly mark: RegExp };
  /** How a request asks for an answer of a schema: in the API's own words. */
  readonly schemaMark: RegExp;
  readonly environment: (context: RowContext) => Record<string, string>;
}

const RESPONSES = { cacheMark: /"prompt_cache_key"/, schemaMark: /"format":\{"type":"json_schema"/ };
const MESSAGES = { cacheMark: /"cache_control"/, schemaMark: /"output_config":\{[^}]*"format":\{"type":"json_schema"/ };
const CHAT = { schemaMark: /"response_format":\{"type":"json_schema"/ };

export const ROWS: readonly MatrixRow[] = [
  {
    name: 'codex',
    oauth: true,
    ...RESPONSES,
    environment: ({ urls, login, put }) => ({
      PROVIDER: 'codex',
      CODEX_API_URL: urls.codex,
      CODEX_OAUTH_URL: urls.oauth,
      CODEX_CREDENTIALS_FILE: put('codex.json', JSON.stringify(login.codexAuthFile)),
    }),
  },
  {
    name: 'claude_code',
    oauth: true,
    ...MESSAGES,
    environment: ({ urls, login, put }) => ({
      PROVIDER: 'claude_code',
      CLAUDE_CODE_API_URL: urls.anthropic,
      CLAUDE_CODE_OAUTH_URL: urls.oauth,
      CLAUDE_CODE_CREDENTIALS_FILE: put('claude.json', JSON.stringify(login.claudeCredentialsFile)),
    }),
  },
  {
    name: 'anthropic',
    oauth: false,
    ...MESSAGES,
    environment: ({ urls, simulator }) => ({ PROVIDER: 'anthropic', ANTHROPIC_API_URL: urls.anthropic, ANTHROPIC_API_KEY: simulator.apiKey }),
  },
  {
    name: 'gemini',
    oauth: false,
    ownCaches: { args: ['-e', 'GEMINI_CACHE=explicit'], mark: /"cachedContent":"cachedContents\// },
    schemaMark: /"responseJsonSchema"|"responseSchema"/,
    environment: ({ urls, simulator }) => ({ PROVIDER: 'gemini', GEMINI_API_URL: urls.gemini, GEMINI_API_KEY: simulator.apiKey }),
  },
  {
    name: 'openai',
    oauth: false,
    cacheMark: /"prompt_cache_key"/,
    ...CHAT,
    environment: ({ urls, simulator }) => ({ PROVIDER: 'openai', OPENAI_VENDOR: 'openai', OPENAI_BASE_URL: urls.openai, OPENAI_API_KEY: simulator.apiKey }),
  },
  {
    name: 'openai (responses)',
    oauth: false,
    ...RESPONSES,
    environment: ({ urls, simulator }) => ({ PROVIDER: 'openai', OPENAI_VENDOR: 'openai', OPENAI_API: 'responses', OPENAI_BASE_URL: urls.openai, OPENAI_API_KEY: simulator.apiKey }),
  },
  { name: 'router', oauth: false, ...CHAT, environment: ({ urls }) => ({ PROVIDER: 'router', ROUTER_URL: urls.router, MODEL: 'vendor/large' }) },
  {
    name: 'router (responses)',
    oauth: false,
    ...RESPONSES,
    environment: ({ urls }) => ({ PROVIDER: 'router', ROUTER_PROTOCOL: 'responses', ROUTER_URL: urls.router, MODEL: 'vendor/large' }),
  },
  {
    name: 'router (messages)',
    oauth: false,
    ...MESSAGES,
    environment: ({ urls }) => ({ PROVIDER: 'router', ROUTER_PROTOCOL: 'messages', ROUTER_URL: urls.router, MODEL: 'vendor/large' }),
  },
];
