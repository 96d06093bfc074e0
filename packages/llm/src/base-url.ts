/** Base URLs as people write them: with and without a trailing slash, with and without `/v1`. */
import { ProviderError } from './provider-error.ts';

/** `base` without trailing slashes, plus `path`, which begins with a slash and may have a query. */
export function joinUrl(base: string, path: string): string {
  return `${base.replace(/\/+$/, '')}${path}`;
}

/**
 * @param options.version - Segment that the base must end with, added where it is missing: `/v1`. `withoutVersion` is the
 *   opposite: cut off where it is there.
 * @param options.versionAnywhere - Any segment that looks like a version (`/v4`, `/v1beta/openai`) counts as one.
 * @throws {ProviderError} `PROVIDER_UNSUPPORTED` for what is no absolute http(s) URL; names `options.key`.
 */
export function toBaseUrl(
  text: string,
  options: { readonly key: string; readonly version?: string; readonly versionAnywhere?: boolean; readonly withoutVersion?: string },
): string {
  const trimmed = text.trim().replace(/\/+$/, '');
  const url = URL.canParse(trimmed) ? new URL(trimmed) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '' || url.search !== '') {
    throw new ProviderError('PROVIDER_UNSUPPORTED', `${options.key} is no http or https URL without user name and query`, {
      hint: `set ${options.key} to something like https://api.example.com`,
    });
  }
  const { version, versionAnywhere, withoutVersion } = options;
  if (withoutVersion !== undefined && trimmed.endsWith(withoutVersion)) return trimmed.slice(0, -withoutVersion.length);
  if (version === undefined || trimmed.endsWith(version) || (versionAnywhere === true && /\/v\d/.test(url.pathname))) return trimmed;
  return `${trimmed}${version}`;
}
