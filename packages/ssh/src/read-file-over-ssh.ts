/**
 * One file from another host: dial, exchange keys, check the host's key, authenticate, read, close. The package's whole purpose.
 *
 * Everything that touches this machine is given: the dialer (so the egress policy and the proxy hold for ssh as well), the texts of key and
 * `known_hosts` files, the stream to an ssh-agent.
 */
import type { Duplex } from 'node:stream';
import type { Dialer } from '@sx/net';
import { NetError } from '@sx/net/net-error';

import { defaultOffer, HOST_KEYS, type Offer } from './algorithms.ts';
import { fingerprint, keyTypeOf, type SshPublicKey } from './host-key.ts';
import { type KnownHosts, knownKeys } from './known-hosts.ts';
import { defaultSshLimits, type SshLimits } from './limits.ts';
import { decodePrivateKey } from './private-key.ts';
import { readRemoteFile } from './remote-file.ts';
import { agentSigners } from './ssh-agent.ts';
import { SshTransport } from './ssh-transport.ts';
import { authenticate } from './user-auth.ts';

export interface SshOptions {
  readonly dialer: Dialer;
  readonly host: string;
  /** Default 22. */
  readonly port?: number | undefined;
  readonly user: string;
  readonly password?: string | undefined;
  /** A private key in OpenSSH format, unencrypted, and where it came from. */
  readonly privateKey?: { readonly text: string; readonly path: string } | undefined;
  /** Opens a stream to the ssh-agent. Called once a read, if at all; the stream is destroyed afterwards. */
  readonly openAgent?: (() => Promise<Duplex>) | undefined;
  /** Contents of `known_hosts` files, the user's first. */
  readonly knownHosts?: readonly string[] | undefined;
  /** `SHA256:…`: the only key that is accepted, whatever `known_hosts` says. */
  readonly hostKeyFingerprint?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly limits?: Partial<SshLimits> | undefined;
  /** Default `sx`. */
  readonly softwareVersion?: string | undefined;
  /** Narrower lists of algorithms, for tests and for policies. */
  readonly offer?: Partial<Offer> | undefined;
  /** Names of configuration keys, for hints. */
  readonly hints?: { readonly fingerprint?: string } | undefined;
}

/** @throws {NetError} `NET_SSH_*`, or whatever the dialer throws. */
export async function readFileOverSsh(path: string, options: SshOptions): Promise<Buffer> {
  const limits: SshLimits = { ...defaultSshLimits, ...options.limits };
  const port = options.port ?? 22;
  const where = `${options.host}:${port}`;
  const known = knownKeys(options.knownHosts ?? [], options.host, port);
  // A key that cannot be used is told before anybody is called.
  const own = options.privateKey === undefined ? [] : [decodePrivateKey(options.privateKey.text, options.privateKey.path)];
  const { signal } = options;
  const dialed = await options.dialer.dial({ scheme: 'tcp:', hostname: options.host.includes(':') ? `[${options.host}]` : options.host, port }, { signal });
  const transport = new SshTransport({
    socket: dialed.socket,
    where,
    softwareVersion: options.softwareVersion ?? 'sx',
    offer: offerFor(options, known),
    limits,
    checkHostKey: (key) => checkHostKey(key, known, where, options),
  });
  const timeout = (phase: string, ms: number): NetError => new NetError('NET_SSH_TIMEOUT', `${phase} with ${where} took longer than ${ms} ms`, { where, limit: ms });
  const timer = { current: setTimeout(() => transport.abort(timeout('the SSH handshake', limits.handshakeTimeoutMs)), limits.handshakeTimeoutMs) };
  const onAbort = (): void => transport.abort(new NetError('NET_ABORTED', `reading from ${where} was aborted`, { where }));
  signal?.addEventListener('abort', onAbort, { once: true });
  // The dialer may have finished in the very turn in which the caller gave up.
  if (signal?.aborted === true) onAbort();
  let agent: Duplex | undefined;
  try {
    await transport.open();
    clearTimeout(timer.current);
    timer.current = setTimeout(() => transport.abort(timeout('the SSH session', limits.sessionTimeoutMs)), limits.sessionTimeoutMs);
    agent = await reachAgent(options);
    const signers = [...own, ...(agent === undefined ? [] : await agentSigners(agent, limits))];
    await authenticate(transport, { user: options.user, password: options.password, signers }, where, limits);
    return await readRemoteFile(transport, path, where, limits);
  } finally {
    clearTimeout(timer.current);
    signal?.removeEventListener('abort', onAbort);
    agent?.destroy();
    transport.close();
  }
}

/** An agent that is gone (its variable outlives it) is no reason to leave untried what else there is. */
async function reachAgent({ openAgent, privateKey, password }: SshOptions): Promise<Duplex | undefined> {
  try {
    return await openAgent?.();
  } catch (cause) {
    if (privateKey !== undefined || password !== undefined) return undefined;
    const message = cause instanceof Error ? cause.message : 'unknown';
    throw new NetError('NET_SSH_AUTH', `the ssh-agent cannot be reached: ${message}`, { where: 'ssh-agent', cause });
  }
}

/** Algorithms of keys that are known for this host come first, or a host known by its RSA key would look unknown. */
function offerFor(options: SshOptions, known: KnownHosts): Offer {
  const offer: Offer = { ...defaultOffer, ...options.offer };
  const isKnown = (algorithm: string): boolean => known.keys.some(({ type }) => type === keyTypeOf(algorithm));
  const hostKeys = [...offer.hostKeys].sort((a, b) => Number(isKnown(b)) - Number(isKnown(a)));
  return { ...offer, hostKeys: hostKeys.filter((name) => HOST_KEYS.some((supported) => supported === name)) };
}

function checkHostKey(key: SshPublicKey, known: KnownHosts, where: string, options: SshOptions): void {
  const seen = fingerprint(key.blob);
  const blob = Buffer.from(key.blob).toString('base64');
  const refuse = (message: string, hint?: string): NetError => new NetError('NET_SSH_HOST_KEY', message, { where, got: seen, ...(hint === undefined ? {} : { hint }) });
  if (known.revoked.has(blob)) throw refuse(`the host key of ${where} (${seen}) is marked @revoked`);
  const pinned = options.hostKeyFingerprint;
  if (pinned !== undefined) {
    if (pinned.replace(/=+$/, '') === seen) return;
    throw refuse(`the host key of ${where} is ${seen}, not the pinned ${pinned}`);
  }
  if (known.keys.some((entry) => entry.blob === blob)) return;
  if (known.keys.some((entry) => entry.type === key.type)) {
    throw refuse(`the host key of ${where} has CHANGED: it is ${seen} (${key.type}), and known_hosts has another. Somebody may be listening in`);
  }
  const name = options.hints?.fingerprint ?? 'the fingerprint option';
  throw refuse(`the host key of ${where} is unknown: ${seen} (${key.type})`, `compare it with the host's own (\`ssh-keygen -lf /etc/ssh/ssh_host_*.pub\`), then set ${name}=${seen}, or connect once with ssh`);
}
