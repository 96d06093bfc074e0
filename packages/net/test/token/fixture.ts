/** What the tests of the token sources share: temporary folders, tokens, and an issuer whose refresh tokens work once. */
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

export const SECOND_MS = 1_000;
export const MINUTE_MS = 60 * SECOND_MS;
export const HOUR_MS = 60 * MINUTE_MS;

export function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'sx-token-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A JWT in form; nobody checks its signature. */
export function jwt(claims: object): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'RS256' })}.${part(claims)}.c2lnbmF0dXJl`;
}

export function accountClaims(accountId: string): object {
  return { 'https://api.openai.com/auth': { chatgpt_account_id: accountId } };
}

let serial = 0;

export interface LoginOptions {
  readonly expiresInMs?: number;
  readonly nowMs?: number;
  readonly refreshToken?: string | null;
  readonly account?: string;
  readonly lastRefresh?: string;
}

/** The text of a Codex file. */
export function codexText({ expiresInMs = HOUR_MS, nowMs = Date.now(), refreshToken = 'refresh-0', account = 'account-1', lastRefresh }: LoginOptions = {}): string {
  serial += 1;
  const accessToken = jwt({ exp: Math.floor((nowMs + expiresInMs) / 1000), jti: `a${serial}`, ...accountClaims(account) });
  const tokens = { id_token: jwt(accountClaims(account)), access_token: accessToken, refresh_token: refreshToken, account_id: account };
  return `${JSON.stringify({ OPENAI_API_KEY: null, tokens, last_refresh: lastRefresh ?? new Date(nowMs - HOUR_MS).toISOString(), other: [1, { two: 2.0 }] }, null, 2)}\n`;
}

export function writeLogin(folder: string, options: LoginOptions = {}, name = 'auth.json'): string {
  const path = join(folder, name);
  writeFileSync(path, codexText(options), { mode: 0o600 });
  return path;
}

export interface Issuer {
  readonly url: string;
  /** Refresh tokens in the order they were presented. */
  readonly presented: readonly string[];
  /** Answers that were granted. */
  granted(): number;
  close(): Promise<void>;
}

/** Takes each refresh token once: `refresh-0` gives `refresh-1`, and so on; a second use is `refresh_token_reused`. */
export async function startIssuer(lifetimeMs = HOUR_MS): Promise<Issuer> {
  const presented: string[] = [];
  let generation = 0;
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (piece: string) => (body += piece));
    request.on('end', () => {
      const token = String(new URLSearchParams(body).get('refresh_token'));
      presented.push(token);
      if (token !== `refresh-${generation}`) {
        response.writeHead(401, { 'content-type': 'application/json' }).end('{"error":{"code":"refresh_token_reused"}}');
        return;
      }
      generation += 1;
      const accessToken = jwt({ exp: Math.floor((Date.now() + lifetimeMs) / 1000), jti: `issued-${generation}`, ...accountClaims('account-1') });
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ access_token: accessToken, refresh_token: `refresh-${generation}` }));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/oauth/token`,
    presented,
    granted: () => generation,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
