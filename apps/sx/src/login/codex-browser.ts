/**
 * The login by browser: authorization code with PKCE. The code comes back in one of two ways, whichever is first: by the redirect
 * to this machine, or pasted by the user, whose browser may be on another one. It is exchanged once.
 */
import {
  authorizeUrl,
  createPkce,
  createState,
  defaultAuthLimits,
  exchangeCode,
  type OAuthTokens,
  readPastedRedirect,
  startLoopbackServer,
} from '@sx/auth';

import { childEnvironment } from '../compose/child-environment.ts';
import type { Invocation } from '../invocation.ts';
import { errorReport } from '../report-error.ts';
import type { Settings } from '../settings.ts';
import type { CodexLogin } from './codex-login.ts';
import { type InputLines, readInputLines } from './input-lines.ts';
import { browserCommand, openBrowser } from './open-browser.ts';

export interface BrowserLoginOptions {
  /** Whether to open the browser, where there is one. */
  readonly opens: boolean;
  /** Keeps the tokens; the browser is told the outcome. */
  readonly store: (tokens: OAuthTokens) => Promise<void>;
}

/** @throws {ProviderError}, {NetError} as `exchangeCode` and `startLoopbackServer` say; `NET_ABORTED` on Ctrl-C. */
export async function loginWithBrowser(
  invocation: Invocation,
  settings: Settings,
  login: CodexLogin,
  { opens, store }: BrowserLoginOptions,
): Promise<OAuthTokens> {
  const { config, context } = login;
  const { verifier, challenge } = createPkce();
  const state = createState();
  let completion: Promise<OAuthTokens> | undefined;
  const complete = (code: string, redirectUri: string): Promise<OAuthTokens> => {
    completion ??= exchangeCode(config, { code, redirectUri, verifier }, context).then(async (tokens) => {
      await store(tokens);
      return tokens;
    });
    return completion;
  };
  const server = await startLoopbackServer({
    ports: config.redirectPorts,
    path: config.redirectPath,
    state,
    transport: context.transport,
    signal: context.signal,
    limits: context.limits,
    complete,
  });
  const url = authorizeUrl(config, { redirectUri: server.redirectUri, challenge, state });
  const pasted = readPasted(invocation, state);
  try {
    const browser = opens ? browserCommand(url, invocation.environment, process.platform) : undefined;
    const asks = 'Open this address in a browser to sign in';
    const lead = browser === undefined ? asks : 'Your browser opens; if it does not, open this address';
    await invocation.stdout.write(`${lead}:\n\n${url}\n\n`);
    if (pasted.asks) {
      await invocation.stdout.write('If the browser is on another machine, paste the address that it ends at here.\n');
    }
    if (browser !== undefined) await openBrowser(browser, childEnvironment(invocation, settings));
    return await Promise.race([server.result, pasted.code.then((code) => complete(code, server.redirectUri))]);
  } finally {
    pasted.stop();
    await server.close();
  }
}

interface Pasted {
  /** Whether somebody sits there who can be asked. */
  readonly asks: boolean;
  /** Never resolves where nothing is pasted. Rejects where what is wrong cannot be asked for again. */
  readonly code: Promise<string>;
  stop(): void;
}

function readPasted({ stdin, stderr }: Invocation, state: string): Pasted {
  let lines: InputLines | undefined;
  const code = new Promise<string>((resolve, reject) => {
    lines = readInputLines(stdin, defaultAuthLimits.pastedCharsMax + 1, (line) => {
      if (line.trim() === '') return;
      try {
        resolve(readPastedRedirect(line, state));
      } catch (error) {
        if (lines?.isTerminal !== true) return reject(error);
        void stderr.write(errorReport(error, { debug: false, redact: (text) => text }));
      }
    });
  });
  // It may be rejected before anybody waits for it.
  code.catch(() => undefined);
  return { asks: lines?.isTerminal === true, code, stop: () => lines?.stop() };
}
