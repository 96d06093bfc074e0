/**
 * What a user pastes where the browser could not reach us: the redirected URL, `code#state`, a query string, or the bare code.
 */
import { ProviderError } from '@sx/llm/provider-kit';

import { defaultAuthLimits } from '../limits.ts';
import { isSameState } from './pkce.ts';

/**
 * @returns the authorization code.
 * @throws {ProviderError} `PROVIDER_AUTHENTICATION`: no code in it, the issuer's error, or the state of another login.
 */
export function readPastedRedirect(pasted: string, expectedState: string, charsMax = defaultAuthLimits.pastedCharsMax): string {
  const text = pasted.trim();
  if (text.length > charsMax) throw refused(`what was pasted is longer than ${charsMax} characters`);
  const { code, state, error } = split(text);
  if (state !== undefined && !isSameState(expectedState, state)) {
    throw refused('what was pasted belongs to another login (its state differs)');
  }
  if (error !== undefined) throw refused(`the issuer refused: ${error.replace(/[^\x20-\x7e]/g, '?').slice(0, 200)}`);
  if (code === undefined || !/^[\x21-\x7e]+$/.test(code)) throw refused('no authorization code in what was pasted');
  return code;
}

interface PastedRedirect {
  readonly code: string | undefined;
  readonly state?: string | undefined;
  readonly error?: string | undefined;
}

function split(text: string): PastedRedirect {
  if (/^https?:\/\//i.test(text)) return fromQuery(URL.canParse(text) ? new URL(text).searchParams : new URLSearchParams());
  if (/(^|[?&])(code|error|state)=/.test(text)) {
    return fromQuery(new URLSearchParams(text.replace(/^[^?]*\?/, '').replace(/#.*$/, '')));
  }
  const [code, state] = text.split('#');
  return { code: code === '' ? undefined : code, state };
}

function fromQuery(query: URLSearchParams): PastedRedirect {
  const error = query.get('error') ?? undefined;
  const description = query.get('error_description') ?? undefined;
  return {
    code: query.get('code') ?? undefined,
    state: query.get('state') ?? undefined,
    error: error === undefined ? undefined : (description ?? error),
  };
}

function refused(message: string): ProviderError {
  return new ProviderError('PROVIDER_AUTHENTICATION', message, {
    hint: 'paste the whole address that the browser shows after the login',
  });
}
