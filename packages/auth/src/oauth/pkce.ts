/** Proof Key for Code Exchange (RFC 7636) with S256, and the `state` that ties a redirect to its request (RFC 6749, 10.12). */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

export interface Pkce {
  /** 86 characters: 64 random bytes in base64url. A secret until it is used. */
  readonly verifier: string;
  readonly challenge: string;
}

export function createPkce(): Pkce {
  const verifier = randomBytes(64).toString('base64url');
  return { verifier, challenge: challengeOf(verifier) };
}

export function challengeOf(verifier: string): string {
  return createHash('sha256').update(verifier).digest('base64url');
}

export function createState(): string {
  return randomBytes(32).toString('base64url');
}

/** In constant time. The issuer may append `.onboarding_entrypoint=…` to what we sent. */
export function isSameState(expected: string, got: string): boolean {
  const suffix = got.indexOf('.onboarding_entrypoint=');
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(expected), digest(suffix === -1 ? got : got.slice(0, suffix)));
}
