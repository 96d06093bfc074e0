/**
 * Trust where nothing is configured: Node's roots, and for a host whose issuer these do not know those of the operating system.
 * What a user may configure is read by `createTrust` (`trust.ts`), which a program without any need not load.
 */
import { createSecureContext, type SecureContext } from 'node:tls';

import { comparableHost } from '../policy.ts';
import { authoritiesWith, systemRoots } from './root-certificates.ts';
import type { Trust } from './trust.ts';

export function createDefaultTrust(): Trust {
  const withSystem = new Set<string>();
  let plain: SecureContext | undefined;
  let wide: SecureContext | undefined;
  return {
    contextFor(hostname) {
      if (withSystem.has(comparableHost(hostname))) return (wide ??= createSecureContext(authoritiesWith(systemRoots())));
      return (plain ??= createSecureContext());
    },
    keyFor: () => '',
    addSystemStore(hostname) {
      const host = comparableHost(hostname);
      if (withSystem.has(host) || systemRoots().length === 0) return false;
      withSystem.add(host);
      return true;
    },
    report: () => ({ sources: [] }),
  };
}
