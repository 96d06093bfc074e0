/** One scripted server, one transport on it, and the proof at the end that neither left anything open. */
import assert from 'node:assert/strict';

import {
  createTestCa,
  type IssuedCertificate,
  startScriptedServer,
  type ScriptedServer,
  type Step,
  type TestCa,
  watchHandles,
} from '@sx/testkit';
import { createTransport, type TransportOptions } from '../../src/create-transport.ts';
import { isNetError, type NetError, type NetErrorCode } from '../../src/net-error.ts';
import type { Transport } from '../../src/transport.ts';
import { createPlainDialer, type PlainDialer } from './plain-dialer.ts';

export interface Fixture {
  readonly server: ScriptedServer;
  readonly transport: Transport;
  readonly dialer: PlainDialer;
  readonly url: string;
}

export interface FixtureOptions extends Omit<TransportOptions, 'dialer'> {
  readonly scripts: readonly (readonly Step[])[];
  readonly tls?: boolean;
}

let authority: { readonly ca: TestCa; readonly certificate: IssuedCertificate } | undefined;

function testAuthority(): { readonly ca: TestCa; readonly certificate: IssuedCertificate } {
  if (authority === undefined) {
    const ca = createTestCa();
    authority = { ca, certificate: ca.issue() };
  }
  return authority;
}

/** Runs `body`, then closes everything and counts handles, sockets and listeners. */
export async function withServer(options: FixtureOptions, body: (fixture: Fixture) => Promise<void>): Promise<void> {
  const { scripts, tls = false, ...transportOptions } = options;
  const handles = watchHandles();
  const unhandled: unknown[] = [];
  const onUnhandled = (reason: unknown): void => void unhandled.push(reason);
  process.on('unhandledRejection', onUnhandled);
  const { ca, certificate } = testAuthority();
  const server = await startScriptedServer({ scripts, ...(tls && { tls: certificate }) });
  const dialer = createPlainDialer({ ca: ca.certPem });
  const transport = createTransport({ ...transportOptions, dialer });
  try {
    await body({ server, transport, dialer, url: `${server.origin}/path` });
  } finally {
    transport.close();
    await server.close();
  }
  await handles.assertNone();
  for (const socket of dialer.sockets) {
    if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve));
    // `closed` is true before the event is emitted.
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(['data', 'close'].reduce((sum, name) => sum + ownListeners(socket, name), 0), 0, 'a listener is left');
  }
  process.removeListener('unhandledRejection', onUnhandled);
  assert.deepEqual(unhandled, []);
}

/** Node's own listeners (of TLS) are bound functions; ours are arrow functions of the connection. */
function ownListeners(socket: PlainDialer['sockets'][number], name: string): number {
  return socket.listeners(name).filter((listener) => /#on|#options/.test(String(listener))).length;
}

/** The code of what a promise rejects with; fails the test if it resolves, or rejects with anything but a NetError. */
export async function codeOf(promise: Promise<unknown>): Promise<NetErrorCode> {
  return (await faultOf(promise)).code;
}

export async function faultOf(promise: Promise<unknown>): Promise<NetError> {
  try {
    await promise;
  } catch (error) {
    assert.ok(isNetError(error), `not a NetError: ${String(error)}`);
    return error;
  }
  return assert.fail('expected a fault');
}
