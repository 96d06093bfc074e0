/** Puts the provider folders on one server. */
import { createTestCa } from '@sx/testkit';
import { anthropicContext, anthropicRoutes } from './anthropic/routes.ts';
import { codexRoutes } from './codex/routes.ts';
import { geminiRoutes } from './gemini/routes.ts';
import { openaiRoutes } from './openai/routes.ts';
import { oauthRoutes } from './oauth/routes.ts';
import { createTokenStore, toClaudeCredentialsFile, toCodexAuthFile, toFlatToken, type IssueOptions, type TokenSet } from './oauth/token-store.ts';
import { routerRoutes } from './router/routes.ts';
import { scenarios } from './scripts/scenarios.ts';
import type { Exchange, Route } from './server/exchange.ts';
import { createJournal, type Counters, type JournalEntry } from './server/journal.ts';
import { objectOf } from './server/json.ts';
import type { ModelEndpoint } from './server/model-endpoint.ts';
import { numberParameter, parseScenario, type Delivery } from './server/scenario.ts';
import { runServer } from './server/server.ts';
import { tokenRoutes } from './token/routes.ts';

export interface SimulatorOptions {
  /** Default 0: any free port, on 127.0.0.1. */
  readonly port?: number;
  /** Default true. Plain http otherwise. */
  readonly tls?: boolean;
  /** Host names that its certificate proves beside `localhost` and loopback. Default: none. */
  readonly names?: readonly string[];
  /** Where the URL names none. `NAME,key=value`. Default `auto`. */
  readonly scenario?: string;
  /** Body bytes a write, for all scenarios that do not say. Default: an event a write. */
  readonly chunkBytes?: number;
  /** Between writes. Default 0. */
  readonly delayMs?: number;
  /** Refuse also what the real servers only punish. Default false: such things are remarks in the journal. */
  readonly strict?: boolean;
  /** Default 3,600. */
  readonly accessTokenSeconds?: number;
  /** What the providers with keys accept. Default `simulator-key`. */
  readonly apiKey?: string;
  /** What the router accepts. Default: none; it then refuses any auth header. */
  readonly routerKey?: string;
  /** The bearer that the remote token server asks for. Default: none. */
  readonly tokenServerKey?: string;
  /** Between polls of the device login. Default 1. */
  readonly deviceIntervalSeconds?: number;
  /** Default 5,000. */
  readonly keepAliveTimeoutMs?: number;
}

export interface SimulatorUrls {
  /** What `CODEX_API_URL` takes. */
  readonly codex: string;
  /** The OAuth issuer, without a path. */
  readonly oauth: string;
  /** What `CODEX_REMOTE_URL` takes. */
  readonly token: string;
  /** Without `/v1`, as that vendor's clients want it. */
  readonly anthropic: string;
  /** Without `/v1beta`. */
  readonly gemini: string;
  /** With `/v1`, as the clients of these want it. */
  readonly openai: string;
  readonly router: string;
  /** Compatible servers, by name: `compat.replace('VENDOR', 'deepseek')`. */
  readonly compat: string;
}

export interface Credentials {
  readonly tokens: TokenSet;
  /** Contents for the vendors' credential files. */
  readonly codexAuthFile: object;
  readonly claudeCredentialsFile: object;
  readonly flatFile: object;
}

export interface Simulator {
  readonly url: string;
  readonly urls: SimulatorUrls;
  /** The same under a scenario: `urlsFor('cut-stream,after=3').codex`. */
  urlsFor(scenario: string): SimulatorUrls;
  /** For `x-api-key`, `x-goog-api-key` and bearers. */
  readonly apiKey: string;
  /** The CA to trust, as PEM and as a file; undefined for plain http. */
  readonly caPem: string | undefined;
  readonly caFile: string | undefined;
  /** Every request, oldest first. */
  readonly requests: readonly JournalEntry[];
  readonly counters: Counters;
  clearJournal(): void;
  /** Gemini's explicit caches that are neither deleted nor expired: what a client left behind. */
  liveCachedContents(): string[];
  /** A new login. A negative `expiresInSeconds` gives a token that has expired. */
  credentials(options?: IssueOptions): Credentials;
  /** Ends the life of every access token issued so far; refresh tokens live on. */
  expireTokens(): void;
  close(): Promise<void>;
}

export async function createSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const journal = createJournal();
  const store = createTokenStore({ expiresInSeconds: options.accessTokenSeconds ?? 3_600 });
  const ca = options.tls === false ? undefined : createTestCa({ name: 'sx simulator CA' });
  const leaf = ca?.issue(options.names === undefined ? {} : { names: ['localhost', ...options.names], ips: ['127.0.0.1', '::1'] });
  const delivery: Delivery = {
    ...(options.chunkBytes === undefined ? {} : { chunkBytes: options.chunkBytes }),
    ...(options.delayMs === undefined ? {} : { delayMs: options.delayMs }),
  };
  const reset = (exchange: Exchange): void => server.reset(exchange);
  const endpoint: ModelEndpoint = {
    scenarios,
    defaultScenario: parseScenario(options.scenario ?? 'auto'),
    delivery,
    attempts: new Map(),
    reset,
  };
  const { counters } = journal;
  const apiKey = options.apiKey ?? 'simulator-key';
  const gemini = geminiRoutes({ endpoint, apiKey });
  const server = await runServer({
    port: options.port ?? 0,
    ...(leaf === undefined ? {} : { tls: { cert: leaf.certPem, key: leaf.keyPem } }),
    keepAliveTimeoutMs: options.keepAliveTimeoutMs ?? 5_000,
    journal,
    routes: [
      ...codexRoutes({ store, endpoint, strict: options.strict ?? false }),
      ...anthropicRoutes(anthropicContext(endpoint, apiKey, store)),
      ...openaiRoutes({ endpoint, apiKey }),
      ...gemini.routes,
      ...routerRoutes({ endpoint, key: options.routerKey }),
      ...oauthRoutes({ store, counters, deviceIntervalSeconds: options.deviceIntervalSeconds ?? 1, reset }),
      ...tokenRoutes({ store, counters, key: options.tokenServerKey, reset }),
      ...controlRoutes(() => simulator),
    ],
  });
  const urlsAt = (base: string): SimulatorUrls => ({
    codex: `${base}/backend-api/codex`,
    oauth: base,
    token: `${base}/token/codex`,
    anthropic: `${base}/anthropic`,
    gemini: `${base}/gemini`,
    openai: `${base}/openai/v1`,
    router: `${base}/router/v1`,
    compat: `${base}/compat/VENDOR/v1`,
  });
  const simulator: Simulator = {
    url: server.origin,
    urls: urlsAt(server.origin),
    urlsFor: (scenario) => urlsAt(`${server.origin}/s/${encodeURIComponent(scenario).replaceAll('%2C', ',').replaceAll('%3D', '=')}`),
    apiKey,
    caPem: ca?.certPem,
    get caFile() {
      return ca?.certFile;
    },
    requests: journal.entries,
    counters,
    clearJournal: () => {
      journal.clear();
      endpoint.attempts.clear();
    },
    liveCachedContents: () => gemini.cachedContents.live(),
    credentials(issue = {}) {
      const tokens = store.issue(issue);
      return {
        tokens,
        codexAuthFile: toCodexAuthFile(tokens),
        claudeCredentialsFile: toClaudeCredentialsFile(tokens),
        flatFile: toFlatToken(tokens, true),
      };
    },
    expireTokens: () => store.expireAll(),
    close: () => server.close(),
  };
  return simulator;
}

/**
 * For tests whose client is a child process: `GET` and `DELETE /__journal`, `GET /__scenarios`, `POST /__credentials`, `POST
 * /__expire`.
 */
function controlRoutes(simulator: () => Simulator): Route[] {
  const json = (exchange: Exchange, body: object): void => exchange.answer({
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return [
    {
      name: 'control.journal',
      method: 'GET',
      path: '/__journal',
      run: (exchange) => json(
        exchange,
        {
          requests: simulator().requests.filter((entry) => !entry.path.startsWith('/__')),
          counters: simulator().counters,
          liveCachedContents: simulator().liveCachedContents(),
        },
      ),
    },
    {
      name: 'control.clear',
      method: 'DELETE',
      path: '/__journal',
      run: (exchange) => {
        simulator().clearJournal();
        json(exchange, {});
      },
    },
    {
      name: 'control.scenarios',
      method: 'GET',
      path: '/__scenarios',
      run: (exchange) => json(
        exchange,
        Object.fromEntries(Object.entries(scenarios).map(([name, { summary }]) => [name, summary])),
      ),
    },
    {
      name: 'control.credentials',
      method: 'POST',
      path: '/__credentials',
      run: (exchange) => {
        const seconds = objectOf(exchange.body)['expiresInSeconds'];
        const expiresInSeconds = numberParameter({ seconds: String(seconds) }, 'seconds');
        json(exchange, simulator().credentials(expiresInSeconds === undefined ? {} : { expiresInSeconds }));
      },
    },
    {
      name: 'control.expire',
      method: 'POST',
      path: '/__expire',
      run: (exchange) => {
        simulator().expireTokens();
        json(exchange, {});
      },
    },
  ];
}
