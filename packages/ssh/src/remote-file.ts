/**
 * Reads one file of the remote host: a session channel, `exec` of `cat -- PATH`, output to the end, exit status (RFC 4254, sections 5 and 6).
 *
 * The window that we open is the limit: one byte more than the file may have, never adjusted, so no server can send more than
 * we decided to hold. A file is whole only with exit status 0 and the channel's close.
 */
import { NetError, printable } from '@sx/net/net-error';

import type { SshLimits } from './limits.ts';
import { MSG } from './message-numbers.ts';
import type { SshTransport } from './ssh-transport.ts';
import { SshReader, SshWriter } from './wire.ts';

const CHANNEL = 0;
const PACKET_BYTES = 32 * 1024;

export async function readRemoteFile(transport: SshTransport, path: string, where: string, limits: SshLimits): Promise<Buffer> {
  const command = `cat -- ${quotePath(path)}`;
  const windowBytes = limits.fileBytesMax + limits.stderrBytesMax + 1;
  transport.send(new SshWriter().byte(MSG.CHANNEL_OPEN).string('session').uint32(CHANNEL).uint32(windowBytes).uint32(PACKET_BYTES).done());
  const remote = readConfirmation(await transport.receive(), where);
  transport.send(new SshWriter().byte(MSG.CHANNEL_REQUEST).uint32(remote).string('exec').boolean(true).string(command).done());
  transport.send(new SshWriter().byte(MSG.CHANNEL_EOF).uint32(remote).done());

  const output: Buffer[] = [];
  let outputBytes = 0;
  let complaints = Buffer.alloc(0);
  let status: number | undefined;
  for (;;) {
    const payload = await transport.receive();
    const reader = new SshReader(payload.subarray(1), 'channel message');
    if (payload[0] === MSG.CHANNEL_OPEN) {
      // A server has no business opening channels to us (RFC 4254, section 6.1).
      reader.bytes();
      transport.send(new SshWriter().byte(MSG.CHANNEL_OPEN_FAILURE).uint32(reader.uint32()).uint32(1).string('not here').string('').done());
      continue;
    }
    if (reader.uint32() !== CHANNEL) throw fault(where, `a message for a channel that is not open`);
    switch (payload[0]) {
      case MSG.CHANNEL_DATA: {
        const bytes = Buffer.from(reader.bytes());
        outputBytes += bytes.length;
        if (outputBytes > limits.fileBytesMax) throw new NetError('NET_SSH_COMMAND', `${path} on ${where} is larger than ${limits.fileBytesMax} bytes`, { where, limit: limits.fileBytesMax });
        output.push(bytes);
        break;
      }
      case MSG.CHANNEL_EXTENDED_DATA:
        reader.uint32();
        complaints = Buffer.concat([complaints, reader.bytes()]);
        if (complaints.length > limits.stderrBytesMax) throw fault(where, `more than ${limits.stderrBytesMax} bytes on standard error`);
        break;
      case MSG.CHANNEL_REQUEST:
        status = readStatus(reader) ?? status;
        break;
      case MSG.CHANNEL_FAILURE:
        throw new NetError('NET_SSH_COMMAND', `${where} does not let this user run a command`, { where });
      case MSG.CHANNEL_SUCCESS:
      case MSG.CHANNEL_WINDOW_ADJUST:
      case MSG.CHANNEL_EOF:
        break;
      case MSG.CHANNEL_CLOSE:
        if (status === 0) return Buffer.concat(output);
        throw commandFailed(where, path, status, complaints);
      default:
        throw fault(where, `message ${payload[0] ?? 'nothing'} on the channel`);
    }
  }
}

/** For the remote user's shell: everything quoted, but a leading `~/`, which only the shell there can resolve. */
export function quotePath(path: string): string {
  if (path === '' || path.includes('\0')) throw new NetError('NET_SSH_COMMAND', 'the path on the remote host is empty or holds a NUL', { where: 'path' });
  const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
  return path.startsWith('~/') ? `~/${quoted(path.slice(2))}` : quoted(path);
}

function readConfirmation(payload: Uint8Array, where: string): number {
  const reader = new SshReader(payload.subarray(1), 'channel message');
  if (payload[0] === MSG.CHANNEL_OPEN_CONFIRMATION) {
    reader.uint32();
    return reader.uint32();
  }
  if (payload[0] !== MSG.CHANNEL_OPEN_FAILURE) throw fault(where, `message ${payload[0] ?? 'nothing'} instead of a channel`);
  reader.uint32();
  reader.uint32();
  throw new NetError('NET_SSH_COMMAND', `${where} refused a session: ${printable(reader.text())}`, { where });
}

/** `exit-status` gives a number; `exit-signal` counts as 128. */
function readStatus(reader: SshReader): number | undefined {
  const kind = reader.text();
  reader.boolean();
  if (kind === 'exit-status') return reader.uint32();
  return kind === 'exit-signal' ? 128 : undefined;
}

function commandFailed(where: string, path: string, status: number | undefined, complaints: Buffer): NetError {
  const said = printable(complaints.toString('utf8').trim());
  const ended = status === undefined ? 'without an exit status' : `with exit status ${status}`;
  return new NetError('NET_SSH_COMMAND', `reading ${printable(path)} on ${where} ended ${ended}${said === '' ? '' : `: ${said}`}`, { where, got: said });
}

function fault(where: string, got: string): NetError {
  return new NetError('NET_SSH_PROTOCOL', `SSH with ${where} failed: ${got}`, { where, got });
}
