/**
 * The ssh-agent protocol, as far as signing goes (draft-ietf-sshm-ssh-agent): list the keys, have one sign.
 *
 * In: a stream to the agent, opened by the program (this package opens no socket). Messages are `uint32` length, `byte` type, contents.
 * The agent is a local, trusted party, but not a reason to hang or to fill memory: one deadline an answer, one limit a message.
 */
import type { Duplex } from 'node:stream';
import { NetError } from '@sx/net/net-error';

import type { SshLimits } from './limits.ts';
import type { Signer } from './private-key.ts';
import { SshReader, SshWriter, uint32Bytes } from './wire.ts';

const REQUEST_IDENTITIES = 11;
const IDENTITIES_ANSWER = 12;
const SIGN_REQUEST = 13;
const SIGN_RESPONSE = 14;
const FLAG_RSA_SHA2_256 = 2;
const FLAG_RSA_SHA2_512 = 4;

export async function agentSigners(stream: Duplex, limits: SshLimits): Promise<Signer[]> {
  const reader = await ask(stream, Uint8Array.of(REQUEST_IDENTITIES), IDENTITIES_ANSWER, limits);
  const count = reader.uint32();
  const signers: Signer[] = [];
  for (let index = 0; index < Math.min(count, limits.keysOfferedMax); index += 1) {
    const blob = Buffer.from(reader.bytes());
    const comment = reader.text();
    const type = new SshReader(blob, 'key of the ssh-agent').text();
    signers.push({ type, blob, origin: `ssh-agent (${comment})`, sign: (algorithm, data) => signWith(stream, blob, algorithm, data, limits) });
  }
  return signers;
}

async function signWith(stream: Duplex, blob: Uint8Array, algorithm: string, data: Uint8Array, limits: SshLimits): Promise<Uint8Array> {
  const flags = algorithm === 'rsa-sha2-512' ? FLAG_RSA_SHA2_512 : algorithm === 'rsa-sha2-256' ? FLAG_RSA_SHA2_256 : 0;
  const request = new SshWriter().byte(SIGN_REQUEST).string(blob).string(data).uint32(flags).done();
  return (await ask(stream, request, SIGN_RESPONSE, limits)).bytes();
}

async function ask(stream: Duplex, message: Uint8Array, expected: number, limits: SshLimits): Promise<SshReader> {
  stream.write(Buffer.concat([uint32Bytes(message.length), message]));
  const answer = await readMessage(stream, limits);
  const reader = new SshReader(answer, 'answer of the ssh-agent');
  const type = reader.byte();
  if (type !== expected) throw agentFault(`it answers with message ${type}`);
  return reader;
}

function readMessage(stream: Duplex, limits: SshLimits): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    let received: Buffer = Buffer.alloc(0);
    const stop = (settle: () => void): void => {
      clearTimeout(timer);
      stream.off('data', onData).off('error', onError).off('close', onClose);
      stream.pause();
      settle();
    };
    const onError = (cause: unknown): void => stop(() => reject(agentFault('it cannot be reached', cause)));
    const onClose = (): void => stop(() => reject(agentFault('it closed the connection')));
    const timer = setTimeout(() => stop(() => reject(agentFault(`no answer in ${limits.agentTimeoutMs} ms`))), limits.agentTimeoutMs);
    const onData = (bytes: Buffer): void => {
      received = Buffer.concat([received, bytes]);
      const length = received.length >= 4 ? received.readUInt32BE(0) : undefined;
      if (length !== undefined && length > limits.agentMessageBytesMax) stop(() => reject(agentFault(`an answer of ${length} bytes, limit ${limits.agentMessageBytesMax}`)));
      else if (length !== undefined && received.length >= 4 + length) stop(() => resolve(received.subarray(4, 4 + length)));
    };
    stream.on('data', onData).once('error', onError).once('close', onClose);
    stream.resume();
  });
}

function agentFault(got: string, cause?: unknown): NetError {
  return new NetError('NET_SSH_AUTH', `the ssh-agent did not help: ${got}`, { where: 'ssh-agent', got, ...(cause === undefined ? {} : { cause }) });
}
