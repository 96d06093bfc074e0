/** Rules for the head of a request, in the order in which it passes edge, gateway and backend. */
import { RefusedRequest, type Exchange } from '../server/exchange.ts';
import { faultAnswer } from '../server/raw-faults.ts';
import { refuseDetail } from '../responses/refusals.ts';
import type { TokenStore } from '../oauth/token-store.ts';

/** What HTTP libraries call themselves when nobody tells them otherwise. */
const LIBRARY_AGENT = /^(node|undici|axios|got|curl|wget|python|aiohttp|httpx|reqwest|go-http-client|okhttp|java|ruby|deno|bun|mozilla\/5\.0$)/i;

export function unauthorized(code?: string): RefusedRequest {
  const headers: Record<string, string> =
    code === undefined ? {} : {
      'x-openai-authorization-error': code,
      'x-error-json': Buffer.from(JSON.stringify({ error: { code } })).toString('base64'),
    };
  return new RefusedRequest(
    { status: 401, headers, body: { detail: 'Unauthorized' } },
    `Unauthorized: ${code ?? 'no valid bearer token'}`,
  );
}

/** The edge looks at the client, not at the account: it answers in HTML. */
export function checkEdge({ headers }: Exchange): void {
  const agent = headers['user-agent'] ?? '';
  const reason =
    agent === '' ? 'no user agent' : LIBRARY_AGENT.test(agent) ? `the default user agent of a library: ${agent}` : (headers['originator'] ?? '') === '' ? 'no originator' : '';
  const answer = faultAnswer('html-403');
  if (reason !== '' && answer !== undefined) throw new RefusedRequest(answer, `edge: ${reason}`);
}

/** @returns the account that the request is for. */
export function checkAuthorization({ headers }: Exchange, store: TokenStore): string {
  const token = /^Bearer (\S+)$/.exec(headers['authorization'] ?? '')?.[1];
  if (token === undefined) throw unauthorized();
  const state = store.state(token);
  if (state === 'expired') throw unauthorized('token_expired');
  if (state === 'revoked') throw unauthorized('token_revoked');
  if (state === 'unknown') throw unauthorized();
  const account = headers['chatgpt-account-id'];
  if (account === undefined || account === '') throw refuseDetail('Missing ChatGPT-Account-ID header');
  if (account !== store.accountOf(token)) {
    throw refuseDetail('The account of the token is not the one of ChatGPT-Account-ID', 403);
  }
  return account;
}

export function checkContentHead({ headers }: Exchange): void {
  if (!(headers['content-type'] ?? '').startsWith('application/json')) throw refuseDetail('Unsupported content type', 415);
  if (headers['content-encoding'] !== undefined) {
    throw refuseDetail(`simulator: no content encoding ${headers['content-encoding']}`, 415);
  }
  if (headers['accept'] !== 'text/event-stream') throw refuseDetail('Accept must be text/event-stream', 406);
  const cookies = headers['cookie'];
  if (cookies !== undefined) throw refuseDetail('simulator: no cookie was set');
}
