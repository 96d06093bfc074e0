/**
 * One login that waits for its redirect: request heads in, answers out. It knows no socket; `loopback-server.ts` does that.
 *
 * States: waiting, completing (the code is being exchanged), over. A callback with the wrong `state` is answered with 400 and
 * changes nothing: any web page could send one. The right one ends the login, well or badly. Its code is exchanged before
 * the browser is answered, once, however often the browser asks; then the browser is sent to `/success`, so that the code
 * leaves its address bar.
 */
import type { RequestHead } from '@sx/net';
import { fieldValue } from '@sx/net/fields';
import { isNetError, NetError } from '@sx/net/net-error';
import { isProviderError, ProviderError } from '@sx/llm/provider-kit';

import type { AuthLimits } from './limits.ts';
import { failurePage, plainPage, successPage } from './loopback-pages.ts';
import { isSameState } from './oauth/pkce.ts';

export interface LoginOptions<T> {
  /** `/auth/callback` */
  readonly path: string;
  readonly state: string;
  /** Makes a login of the code. Called once at most. */
  readonly complete: (code: string, redirectUri: string) => Promise<T>;
  readonly signal?: AbortSignal | undefined;
}

export interface Answer {
  readonly status: number;
  readonly page: string;
  readonly location?: string;
}

export interface Login<T> {
  readonly redirectUri: string;
  readonly result: Promise<T>;
  /** Resolves when the browser has the last page, or none is owed to it. */
  readonly pageShown: () => Promise<void>;
  answer(head: RequestHead): Promise<Answer>;
  stop(): void;
}

export function createLogin<T>(options: LoginOptions<T>, port: number, limits: AuthLimits): Login<T> {
  const { promise: result, resolve, reject } = withResolvers<T>();
  const { promise: pageShown, resolve: shown } = withResolvers<void>();
  const redirectUri = `http://localhost:${port}${options.path}`;
  let completion: Promise<Answer> | undefined;
  const end = (error: unknown): void => {
    reject(error);
    shown();
  };
  // Nobody may be listening yet, and a fault before `result` is awaited must not end the process.
  result.catch(() => undefined);
  const timer = setTimeout(() => end(loginTimedOut(limits.loginTimeoutMs)), limits.loginTimeoutMs);
  const onAbort = (): void => end(loginAborted(options.signal?.reason));
  options.signal?.addEventListener('abort', onAbort, { once: true });
  if (options.signal?.aborted) onAbort();

  const complete = async (code: string): Promise<Answer> => {
    try {
      resolve(await options.complete(code, redirectUri));
      return { status: 302, page: successPage(), location: `http://localhost:${port}/success` };
    } catch (error) {
      end(error);
      return {
        status: 200,
        page: failurePage(isProviderError(error) || isNetError(error) ? `${error.message}.` : 'The login failed.'),
      };
    }
  };

  const callback = (query: URLSearchParams): Promise<Answer> | Answer => {
    const state = query.get('state');
    if (state === null || !isSameState(options.state, state)) {
      return { status: 400, page: failurePage('This is not the login that is waiting (its state differs).') };
    }
    const refusal = query.get('error');
    if (refusal !== null) {
      const error = issuerRefused(refusal, query.get('error_description') ?? '');
      end(error);
      return { status: 200, page: failurePage(`${error.message}.`) };
    }
    const code = query.get('code');
    if (code === null || !/^[\x21-\x7e]+$/.test(code)) return { status: 400, page: failurePage('The address holds no code.') };
    completion ??= complete(code);
    return completion;
  };

  return {
    redirectUri,
    result,
    pageShown: () => (completion ? pageShown : Promise.resolve()),
    async answer(head) {
      if (!isOurHost(fieldValue(head.fields, 'host'), port)) return { status: 400, page: plainPage('Wrong host') };
      const mark = head.target.indexOf('?');
      const path = mark === -1 ? head.target : head.target.slice(0, mark);
      switch (path) {
        case options.path:
          return callback(new URLSearchParams(mark === -1 ? '' : head.target.slice(mark + 1)));
        case '/success':
          if (completion) shown();
          return { status: 200, page: completion ? successPage() : plainPage('Nobody has signed in here yet') };
        case '/cancel':
          if (!completion) end(new ProviderError('PROVIDER_ABORTED', 'a newer login took the place of this one'));
          return { status: 200, page: plainPage('Login cancelled') };
        default:
          return { status: 404, page: plainPage('Not found') };
      }
    },
    stop() {
      clearTimeout(timer);
      options.signal?.removeEventListener('abort', onAbort);
      end(loginAborted(undefined));
    },
  };
}

function isOurHost(host: string | undefined, port: number): boolean {
  return host === undefined || host === `localhost:${port}` || host === `127.0.0.1:${port}`;
}

function issuerRefused(code: string, description: string): ProviderError {
  const text = (description === '' ? code : description).replace(/[^\x20-\x7e]/g, '?').slice(0, 200);
  if (code === 'access_denied' && description.includes('missing_codex_entitlement')) {
    return new ProviderError('PROVIDER_PERMISSION', 'Codex is not enabled for this workspace', {
      vendorCode: code,
      hint: 'ask its administrator for access to Codex',
    });
  }
  return new ProviderError('PROVIDER_AUTHENTICATION', `the issuer refused the login: ${text}`, { hint: 'start the login again' });
}

function loginTimedOut(limit: number): ProviderError {
  return new ProviderError('PROVIDER_AUTHENTICATION', `the browser did not come back in ${Math.round(limit / 1000)} s`, {
    hint: 'start the login again, or sign in with a device code',
  });
}

export function loginAborted(cause: unknown): NetError {
  return new NetError('NET_ABORTED', 'the login was aborted', { cause });
}

/** `Promise.withResolvers`, which Node 20 lacks. */
function withResolvers<T>(): { promise: Promise<T>; resolve: (value: T) => void; reject: (error: unknown) => void } {
  let resolve: (value: T) => void = () => undefined;
  let reject: (error: unknown) => void = () => undefined;
  const promise = new Promise<T>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}
