/**
 * User authentication: `publickey`, `password`, `keyboard-interactive` (RFC 4252, RFC 4256), in this order, each only if the server offers it.
 *
 * A key is first shown, then used to sign: an agent is not asked for a signature that nobody wants. Partial success (two factors) goes on
 * with what the server then asks for. `keyboard-interactive` answers prompts without echo with the password; any other prompt needs a
 * person, and there is none. Errors never hold a password or a prompt's answer.
 */
import { NetError, printable } from '@sx/net/net-error';

import { HOST_KEYS } from './algorithms.ts';
import { keyTypeOf } from './host-key.ts';
import type { SshLimits } from './limits.ts';
import { MSG } from './message-numbers.ts';
import type { Signer } from './private-key.ts';
import type { SshTransport } from './ssh-transport.ts';
import { SshReader, SshWriter } from './wire.ts';

export interface Credentials {
  readonly user: string;
  readonly password?: string | undefined;
  readonly signers: readonly Signer[];
}

interface Failure {
  readonly canContinue: readonly string[];
  readonly partialSuccess: boolean;
}

const SUCCESS = Symbol('success');
type Outcome = typeof SUCCESS | Failure;

export async function authenticate(transport: SshTransport, credentials: Credentials, where: string, limits: SshLimits): Promise<void> {
  transport.send(new SshWriter().byte(MSG.SERVICE_REQUEST).string('ssh-userauth').done());
  const accepted = await transport.receive();
  if (accepted[0] !== MSG.SERVICE_ACCEPT) throw unexpected(where, accepted);

  const session = new AuthSession(transport, credentials, where, limits);
  let outcome = await session.request('none', (writer) => writer);
  for (const method of session.methods()) {
    if (outcome === SUCCESS) return;
    if (!outcome.canContinue.includes(method.name)) continue;
    outcome = await method.run();
  }
  if (outcome === SUCCESS) return;
  const offered = outcome.canContinue.join(', ');
  throw new NetError('NET_SSH_AUTH', `${where} refused user ${printable(credentials.user, 64)}: tried ${session.tried() || 'nothing'}, it accepts ${offered || 'nothing'}`, {
    where,
    got: offered,
    hint: 'set the user’s password, a key file, or SSH_AUTH_SOCK of an ssh-agent that holds a key of the user',
  });
}

class AuthSession {
  readonly #transport: SshTransport;
  readonly #credentials: Credentials;
  readonly #where: string;
  readonly #limits: SshLimits;
  readonly #tried = new Set<string>();
  #bannerBytes = 0;
  #last: Failure = { canContinue: [], partialSuccess: false };

  constructor(transport: SshTransport, credentials: Credentials, where: string, limits: SshLimits) {
    this.#transport = transport;
    this.#credentials = credentials;
    this.#where = where;
    this.#limits = limits;
  }

  tried(): string {
    return [...this.#tried].join(', ');
  }

  /** After a partial success, the method that follows is tried by the same list. */
  methods(): { name: string; run: () => Promise<Outcome> }[] {
    const { password, signers } = this.#credentials;
    const list = [
      ...(signers.length > 0 ? [{ name: 'publickey', run: () => this.#publicKeys() }] : []),
      ...(password === undefined ? [] : [{ name: 'password', run: () => this.#password(password) }]),
      ...(password === undefined ? [] : [{ name: 'keyboard-interactive', run: () => this.#keyboardInteractive(password) }]),
    ];
    return list;
  }

  async request(method: string, fill: (writer: SshWriter) => SshWriter): Promise<Outcome> {
    if (method !== 'none') this.#tried.add(method);
    this.#transport.send(fill(this.#head(method)).done());
    const answer = await this.#answer();
    if (answer[0] === MSG.USERAUTH_SUCCESS) return SUCCESS;
    if (answer[0] === MSG.USERAUTH_FAILURE) return this.#failure(answer);
    throw unexpected(this.#where, answer);
  }

  async #publicKeys(): Promise<Outcome> {
    let outcome: Outcome = this.#last;
    for (const signer of this.#credentials.signers.slice(0, this.#limits.keysOfferedMax)) {
      const algorithm = this.#algorithmFor(signer);
      if (algorithm === undefined) continue;
      this.#tried.add('publickey');
      const shown = (writer: SshWriter, signed: boolean): SshWriter => writer.boolean(signed).string(algorithm).string(signer.blob);
      this.#transport.send(shown(this.#head('publickey'), false).done());
      const answer = await this.#answer();
      if (answer[0] === MSG.USERAUTH_FAILURE) {
        outcome = this.#failure(answer);
        continue;
      }
      if (answer[0] !== MSG.USERAUTH_METHOD_REPLY) throw unexpected(this.#where, answer);
      const request = shown(this.#head('publickey'), true).done();
      const signature = await signer.sign(algorithm, Buffer.concat([new SshWriter().string(this.#transport.sessionId).done(), request]));
      outcome = await this.request('publickey', (writer) => shown(writer, true).string(signature));
      if (outcome === SUCCESS || outcome.partialSuccess) return outcome;
    }
    return outcome;
  }

  /** RFC 8332: an RSA key signs with SHA-2, by what `server-sig-algs` allows; without it, SHA-512. */
  #algorithmFor(signer: Signer): string | undefined {
    const known = this.#transport.serverSignatureAlgorithms;
    const candidates = HOST_KEYS.filter((algorithm) => keyTypeOf(algorithm) === signer.type);
    return known === undefined ? candidates[0] : candidates.find((algorithm) => known.includes(algorithm));
  }

  #password(password: string): Promise<Outcome> {
    return this.request('password', (writer) => writer.boolean(false).string(password));
  }

  async #keyboardInteractive(password: string): Promise<Outcome> {
    this.#tried.add('keyboard-interactive');
    this.#transport.send(this.#head('keyboard-interactive').string('').string('').done());
    for (let round = 0; round <= this.#limits.promptsMax; round += 1) {
      const answer = await this.#answer();
      if (answer[0] === MSG.USERAUTH_SUCCESS) return SUCCESS;
      if (answer[0] === MSG.USERAUTH_FAILURE) return this.#failure(answer);
      if (answer[0] !== MSG.USERAUTH_METHOD_REPLY) throw unexpected(this.#where, answer);
      const reader = new SshReader(answer.subarray(1), 'INFO_REQUEST');
      reader.bytes();
      reader.bytes();
      reader.bytes();
      const prompts = reader.uint32();
      if (prompts > this.#limits.promptsMax) break;
      const response = new SshWriter().byte(MSG.USERAUTH_INFO_RESPONSE).uint32(prompts);
      for (let index = 0; index < prompts; index += 1) {
        reader.bytes();
        response.string(reader.boolean() ? '' : password);
      }
      this.#transport.send(response.done());
    }
    throw new NetError('NET_SSH_AUTH', `${this.#where} asks more than ${this.#limits.promptsMax} questions`, { where: this.#where, limit: this.#limits.promptsMax });
  }

  async #answer(): Promise<Uint8Array> {
    for (;;) {
      const payload = await this.#transport.receive();
      if (payload[0] !== MSG.USERAUTH_BANNER) return payload;
      this.#bannerBytes += payload.length;
      if (this.#bannerBytes > this.#limits.authBannerBytesMax) {
        throw new NetError('NET_SSH_PROTOCOL', `${this.#where} sent more than ${this.#limits.authBannerBytesMax} bytes of banners`, { where: this.#where, limit: this.#limits.authBannerBytesMax });
      }
    }
  }

  #failure(payload: Uint8Array): Failure {
    const reader = new SshReader(payload.subarray(1), 'USERAUTH_FAILURE');
    this.#last = { canContinue: reader.names(), partialSuccess: reader.boolean() };
    return this.#last;
  }

  #head(method: string): SshWriter {
    return new SshWriter().byte(MSG.USERAUTH_REQUEST).string(this.#credentials.user).string('ssh-connection').string(method);
  }
}

function unexpected(where: string, payload: Uint8Array): NetError {
  return new NetError('NET_SSH_PROTOCOL', `${where} sent message ${payload[0] ?? 'nothing'} during authentication`, { where, got: payload[0] ?? 0 });
}
