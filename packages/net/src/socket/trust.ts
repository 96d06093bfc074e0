/**
 * Whom we trust, and who we are: the certificate authorities and the client certificate of each host.
 *
 * In: files, folders and texts that the user configured. Out: for a host, a SecureContext.
 * - Without an extra CA there is no `ca` option at all: naming one makes Node forget its defaults and parse every root again
 *   (18–27 ms).
 * - With one: Node's default roots plus the extra ones, merged once. A program may make those for all hosts the defaults of its
 *   process (`processWide`), which Node reads in half the time: naming roots as `ca` parses them beside the defaults.
 * - The operating system's store (24–67 ms to load) is read only after a server showed an issuer that nobody knew; the dialer
 *   then tries once more, and this host keeps it. There is no way to turn verification off.
 * - A client certificate goes to targets; to a proxy only if the proxy's host has one of its own.
 * Files are read when the first connection needs them, once. Left out: CRLs, OCSP, pinning.
 */
import { createHash } from 'node:crypto';
import * as tls from 'node:tls';

import { defaultLimits } from '../limits.ts';
import { comparableHost } from '../policy.ts';
import { authoritiesWith, defaultRoots, systemRoots } from './root-certificates.ts';
import { badTrust, certificatesOf, readBundleFile, readBundleFolder, type TrustPath } from './trust-bundle.ts';

/** PEM texts, or a PKCS#12 file's bytes. `from` names the key for messages. */
export type ClientCertificate =
  | { readonly cert: string; readonly key: string; readonly passphrase?: string; readonly from?: string }
  | { readonly pfx: Uint8Array; readonly passphrase?: string; readonly from?: string };

/** Whom to trust, beside the roots, and what to show. All members are optional. */
export interface HostTrust {
  /** PEM files of certificate authorities. Default none. */
  readonly extraCaFiles?: readonly TrustPath[];
  /** Folders: every file in them that holds a certificate counts. Default none. */
  readonly extraCaDirs?: readonly TrustPath[];
  /** PEM text. */
  readonly extraCaPem?: string;
  /** Shown to servers that ask for one. Default none. */
  readonly clientCertificate?: ClientCertificate;
}

/** What holds for all hosts, and for single ones. */
export interface TrustOptions extends HostTrust {
  /** By host name as in the URL; added to what holds for all. Its client certificate replaces the common one. */
  readonly perHost?: Readonly<Record<string, HostTrust>>;
  /** Default `on-unknown-issuer`. */
  readonly systemStore?: 'on-unknown-issuer' | 'never';
  /** Where the system's certificates come from. Default `tls.getCACertificates('system')`, where Node has it (22.15, 23.10). */
  readonly systemCertificates?: () => readonly string[];
  /**
   * Makes the authorities for all hosts the defaults of this process, as `NODE_EXTRA_CA_CERTS` does: 6 ms less for the first
   * connection. For programs; a library must not decide whom its host trusts. Default false; without effect before Node 24.5 and 22.19.
   */
  readonly processWide?: boolean;
  /** Default 16 MiB. */
  readonly bundleBytesMax?: number;
}

export type TlsRole = 'target' | 'proxy';

export interface TrustSource extends TrustPath {
  readonly certificates: number;
  readonly error?: Error;
}

/** What was configured and what came of it, for people. */
export interface TrustReport {
  /** One row a configured file, folder or text: how many certificates it gave, or why none. */
  readonly sources: readonly TrustSource[];
}

/** TLS trust for every host; `createTrust` makes it. Checking certificates cannot be switched off. */
export interface Trust {
  /** @throws {NetError} `NET_BAD_TRUST` */
  contextFor(hostname: string, role: TlsRole): tls.SecureContext;
  /** Part of the pool key: what is trusted and shown for this host. Holds no secret. */
  keyFor(hostname: string, role: TlsRole): string;
  /** After an unknown issuer: adds the system's store for this host. False where that changes nothing. */
  addSystemStore(hostname: string): boolean;
  /** Reads what was not read yet; faults are in the rows, not thrown. */
  report(): TrustReport;
}

/** Reads no file yet: faults of files come from `contextFor` (`NET_BAD_TRUST`). */
export function createTrust(options: TrustOptions = {}): Trust {
  const bundleBytesMax = options.bundleBytesMax ?? defaultLimits.trustBundleBytesMax;
  const contexts = new Map<string, tls.SecureContext>();
  const bundles = new Map<string, readonly string[]>();
  const withSystem = new Set<string>();
  let systemCertificates: readonly string[] | undefined;

  const once = (source: Source): readonly string[] => {
    const known = bundles.get(source.id);
    if (known !== undefined) return known;
    const certificates = source.read(bundleBytesMax);
    bundles.set(source.id, certificates);
    return certificates;
  };
  const common = toProfile(options, {});
  const own = Object.entries(options.perHost ?? {});
  const profiles = new Map(own.map(([host, trust]) => [comparableHost(host), toProfile(options, trust)]));
  const profileFor = (host: string): Profile => profiles.get(host) ?? common;

  return {
    contextFor(hostname, role) {
      const host = comparableHost(hostname);
      const { sources, [role]: identity } = profileFor(host);
      const key = `${withSystem.has(host) ? 'system ' : ''}${identity.key}`;
      const known = contexts.get(key);
      if (known !== undefined) return known;
      const extra = sources.flatMap(once);
      const system = withSystem.has(host) ? (systemCertificates ?? []) : [];
      const onlyCommon = system.length === 0 && sources.length > 0 && sources.length === common.sources.length;
      const byDefault = options.processWide === true && onlyCommon && makeDefault(extra);
      const authorities = byDefault ? { allowPartialTrustChain: true } : authoritiesWith([...extra, ...system]);
      const context = createContext(authorities, identity.certificate);
      contexts.set(key, context);
      return context;
    },
    keyFor: (hostname, role) => profileFor(comparableHost(hostname))[role].key,
    addSystemStore(hostname) {
      const host = comparableHost(hostname);
      if (options.systemStore === 'never' || withSystem.has(host)) return false;
      systemCertificates ??= (options.systemCertificates ?? systemRoots)();
      if (systemCertificates.length > 0) withSystem.add(host);
      return systemCertificates.length > 0;
    },
    report() {
      const all = [common, ...profiles.values()].flatMap((profile) => profile.sources);
      const sources = new Map(all.map((source) => [source.id, source]));
      return {
        sources: [...sources.values()].map(({ from, path, read }) => {
          try {
            return { from, path, certificates: read(bundleBytesMax).length };
          } catch (error) {
            return { from, path, certificates: 0, error: error instanceof Error ? error : new Error(String(error)) };
          }
        }),
      };
    },
  };
}

interface Source {
  readonly id: string;
  readonly from: string;
  readonly path: string;
  readonly read: (bundleBytesMax: number) => string[];
}

/** What holds for one host, worked out without touching a file. */
interface Profile extends Readonly<Record<TlsRole, Identity>> {
  readonly sources: readonly Source[];
}

interface Identity {
  readonly key: string;
  readonly certificate: ClientCertificate | undefined;
}

function toProfile(all: HostTrust, own: HostTrust): Profile {
  const sources = [...toSources(all), ...toSources(own)];
  const identity = (certificate: ClientCertificate | undefined): Identity => ({
    key: JSON.stringify([sources.map((source) => source.id), certificate === undefined ? '' : fingerprint(certificate)]),
    certificate,
  });
  return { sources, target: identity(own.clientCertificate ?? all.clientCertificate), proxy: identity(own.clientCertificate) };
}

function toSources(trust: HostTrust): Source[] {
  const { extraCaFiles = [], extraCaDirs = [], extraCaPem } = trust;
  const text = extraCaPem === undefined ? [] : [extraCaPem];
  return [
    ...extraCaFiles.map((file) => ({ ...file, id: `file ${file.path}`, read: (max: number) => readBundleFile(file, max) })),
    ...extraCaDirs.map((dir) => ({ ...dir, id: `folder ${dir.path}`, read: (max: number) => readBundleFolder(dir, max) })),
    ...text.map((pem) => {
      return { id: `text ${digest(pem)}`, from: 'PEM text', path: '', read: () => certificatesOf(pem, 'the PEM text given') };
    }),
  ];
}

/** False where Node cannot do it. */
function makeDefault(extra: readonly string[]): boolean {
  if (typeof tls.setDefaultCACertificates !== 'function') return false;
  const known = new Set(defaultRoots());
  if (extra.some((pem) => !known.has(pem))) tls.setDefaultCACertificates([...known, ...extra]);
  return true;
}

function createContext(authorities: tls.SecureContextOptions, certificate: ClientCertificate | undefined): tls.SecureContext {
  if (certificate === undefined) return tls.createSecureContext(authorities);
  const { from = 'client certificate', ...identity } = certificate;
  try {
    const readable = 'pfx' in identity ? { ...identity, pfx: Buffer.from(identity.pfx) } : identity;
    return tls.createSecureContext({ ...authorities, ...readable });
  } catch (cause) {
    throw badTrust(`the client certificate (${from}) cannot be used: ${opensslReason(cause)}`, from, cause);
  }
}

/** OpenSSL's reason without its surroundings: `mac verify failure`, `key values mismatch`. */
function opensslReason(cause: unknown): string {
  if (!(cause instanceof Error)) return 'unknown reason';
  return cause.message.split(':').at(-1) ?? cause.message;
}

function fingerprint(certificate: ClientCertificate): string {
  return 'pfx' in certificate ? digest(certificate.pfx) : digest(certificate.cert);
}

function digest(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('base64url').slice(0, 22);
}
