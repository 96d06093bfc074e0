/**
 * A server over Streamable HTTP (MCP 2025-06-18, "Transports"), on the injected transport: every message is a POST, its answer
 * JSON or an event stream. The session id that the server gives is sent from then on, and the session deleted at the end.
 *
 * No redirect is followed: it is an error that names the target's host. Nothing is repeated: a tool call may have acted. Left
 * out: the standing GET stream, so that an idle session has no connection (what a server wants to tell us comes on the streams
 * of the answers), resumption by `Last-Event-ID`, the two-endpoint transport of 2024, and OAuth (give a token in `headers`).
 */
import type { HttpBody, HttpResponse, Transport } from '@sx/net';
import { decode } from '@sx/net/decoder';
import { type Fields, fieldValue } from '@sx/net/fields';
import { defaultLimits } from '@sx/net/limits';
import { readText } from '@sx/net/read-body';
import { createSseDecoder } from '@sx/net/sse';

import type { Channel, Receiver } from '../channel.ts';
import { readMessages } from '../json-rpc/message.ts';
import { type McpLimits, mcpLimits } from '../limits.ts';
import { McpError } from '../mcp-error.ts';
import { quoted } from '../quoted.ts';

export interface HttpChannelOptions {
  /** For messages. */
  readonly server: string;
  readonly url: string;
  /** Fields of every request: credentials, for instance. */
  readonly fields?: Fields | undefined;
  readonly transport: Transport;
  readonly limits?: McpLimits | undefined;
}

/** Visible ASCII, as the specification has it; anything else must not become a field of ours. */
const SESSION_ID = /^[\x21-\x7e]{1,1024}$/;

export function createHttpChannel(options: HttpChannelOptions): Channel {
  const { server, url, transport, limits = mcpLimits } = options;
  let receiver: Receiver | undefined;
  let sessionId: string | undefined;
  let version: string | undefined;
  let closed = false;

  const fields = (more: Fields): Fields => [
    ...(options.fields ?? []),
    ...more,
    ...(sessionId === undefined ? [] : [['Mcp-Session-Id', sessionId] as const]),
    ...(version === undefined ? [] : [['MCP-Protocol-Version', version] as const]),
  ];
  const emit = (text: string, awaits: number): boolean => {
    let answered = false;
    for (const message of readMessages(text, limits.messageDepthMax)) {
      answered ||= (message.kind === 'result' || message.kind === 'error') && message.id === awaits;
      receiver?.message(message);
    }
    return answered;
  };

  /** True once the answer to `awaits` was among what came. A stream is left then: what else it may hold, nobody waits for. */
  async function read(body: HttpBody, type: string, awaits: number): Promise<boolean> {
    if (type === 'text/event-stream') {
      const sseLimits = { ...defaultLimits, sseLineBytesMax: limits.messageBytesMax, sseEventBytesMax: limits.messageBytesMax };
      for await (const event of decode(body, createSseDecoder({ limits: sseLimits }))) {
        if (event.data !== '' && emit(event.data, awaits)) return true;
      }
      return false;
    }
    const text = await readText(body, limits.messageBytesMax);
    return text.trim() !== '' && emit(text, awaits);
  }

  return {
    async open(toReceiver) {
      receiver = toReceiver;
    },
    async send(message, { signal, awaits } = {}) {
      if (closed) throw new McpError('MCP_CLOSED', `${server}: closed`, { server });
      const request = {
        method: 'POST',
        url,
        fields: fields([['Content-Type', 'application/json'], ['Accept', 'application/json, text/event-stream']]),
        body: new TextEncoder().encode(message),
      };
      const response = await transport.send(request, { signal });
      if (response.status < 200 || response.status > 299) throw await refusal(response, server, url, sessionId !== undefined);
      const given = fieldValue(response.fields, 'Mcp-Session-Id');
      if (given !== undefined && SESSION_ID.test(given)) sessionId ??= given;
      const type = (fieldValue(response.fields, 'Content-Type') ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
      if (awaits === undefined) {
        if (type === 'text/event-stream') response.body.cancel();
        else await readText(response.body, limits.messageBytesMax);
        return;
      }
      if (await read(response.body, type, awaits)) return;
      const what = `${new URL(url).host} answered (${response.status}, ${quoted(type, 80) || 'no content type'})`;
      throw new McpError('MCP_BAD_MESSAGE', `${server}: ${what} without an answer to the request`, { server });
    },
    negotiated(agreed) {
      version = agreed;
    },
    async close() {
      closed = true;
      if (sessionId === undefined) return;
      try {
        const { body } = await transport.send(
          { method: 'DELETE', url, fields: fields([]) },
          { signal: AbortSignal.timeout(limits.deleteTimeoutMs) },
        );
        body.cancel();
      } catch {
        // The server may not know DELETE, or be gone: then its session ends by itself.
      }
    },
  };
}

async function refusal(response: HttpResponse, server: string, url: string, hasSession: boolean): Promise<McpError> {
  const { status, fields } = response;
  const { host } = new URL(url);
  const text = await readText(response.body, 16 * 1024).catch(() => '');
  if (status >= 300 && status <= 399) {
    const location = fieldValue(fields, 'Location') ?? '';
    const target = URL.canParse(location, url) ? new URL(location, url).host : 'an unreadable place';
    return new McpError(
      'MCP_HTTP',
      `${server}: ${host} redirects to ${quoted(target)} (${status}), which is not followed`,
      { server, status, hint: 'give the URL of the server itself' },
    );
  }
  if (status === 404 && hasSession) {
    return new McpError('MCP_SESSION_LOST', `${server}: ${host} has forgotten the session`, { server, status });
  }
  const hint = status === 401 || status === 403
    ? 'give its token in `headers` of the server, as ${NAME} from the environment'
    : undefined;
  return new McpError(
    'MCP_HTTP',
    `${server}: ${host} answered with status ${status}${text.trim() === '' ? '' : `: ${quoted(text)}`}`,
    { server, status, hint },
  );
}
