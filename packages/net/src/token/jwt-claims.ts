/**
 * Reads the payload of a JSON Web Token (RFC 7519), without checking its signature.
 *
 * A client cannot check it and need not: the token goes back to the server that made it. So a claim is a hint about
 * when to refresh and which account is meant, never a permission. What is not a JWT, or lies about its own shape, has
 * no claims; nothing here throws.
 */
export interface JwtClaims {
  /** `exp`, epoch milliseconds. */
  readonly expiresAtMs?: number | undefined;
  /** `iat`, epoch milliseconds: what the issuer's clock showed. */
  readonly issuedAtMs?: number | undefined;
  /** ChatGPT account: `chatgpt_account_id`, else that of the auth claim, else its first organization. */
  readonly accountId?: string | undefined;
  /** The account lives on the vendor's government cloud. False where nothing is said. */
  readonly fedramp: boolean;
  /** Name of the subscription, as the issuer writes it. */
  readonly plan?: string | undefined;
  /** Whose login it is. */
  readonly email?: string | undefined;
}

const NO_CLAIMS: JwtClaims = { fedramp: false };
const AUTH_CLAIM = 'https://api.openai.com/auth';
const PROFILE_CLAIM = 'https://api.openai.com/profile';
/** NumericDate is seconds. From here on a number is milliseconds that somebody put there, and no claim of ours. */
const NUMERIC_DATE_MAX = 100_000_000_000;

/** Never throws: what is no JWT has no claims. */
export function readJwtClaims(token: string): JwtClaims {
  const parts = token.split('.');
  const payload = parts[1];
  // JWS compact serialization has three parts, and base64url without padding (RFC 7515, section 2).
  if (parts.length !== 3 || !payload || !/^[A-Za-z0-9_-]+$/.test(payload)) return NO_CLAIMS;
  const claims = parseObject(payload);
  if (!claims) return NO_CLAIMS;
  const auth = asObject(claims[AUTH_CLAIM]);
  const organizations = claims['organizations'] ?? auth?.['organizations'];
  const organization = asObject(Array.isArray(organizations) ? organizations[0] : undefined);
  return {
    expiresAtMs: numericDate(claims['exp']),
    issuedAtMs: numericDate(claims['iat']),
    accountId: text(claims['chatgpt_account_id']) ?? text(auth?.['chatgpt_account_id']) ?? text(organization?.['id']),
    fedramp: auth?.['chatgpt_account_is_fedramp'] === true,
    plan: text(auth?.['chatgpt_plan_type']),
    email: text(claims['email']) ?? text(asObject(claims[PROFILE_CLAIM])?.['email']),
  };
}

function parseObject(payload: string): Record<string, unknown> | undefined {
  try {
    const parsed: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(payload, 'base64url')));
    return asObject(parsed);
  } catch {
    return undefined;
  }
}

function asObject(value: unknown): Record<string, unknown> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return Object.fromEntries(Object.entries(value));
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function numericDate(value: unknown): number | undefined {
  return typeof value === 'number' && value > 0 && value < NUMERIC_DATE_MAX ? Math.floor(value * 1000) : undefined;
}
